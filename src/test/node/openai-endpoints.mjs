// The official OpenAI client on endpoints beside chat. Environment: BASE_URL (with /v1), API_KEY, MODEL, GATEWAY=1 for what only a gateway can do.
import OpenAI, { toFile } from 'openai';
import { check, end, equal, simulate, that, thrown } from './checks.mjs';

const model = process.env.MODEL ?? 'sim-test';
const client = new OpenAI({
  baseURL: process.env.BASE_URL,
  apiKey: process.env.API_KEY ?? 'placeholder',
  maxRetries: 0,
  timeout: 20_000,
});
const told = simulate('events=3; input=11; output=9');
const sound = () => toFile(Buffer.from([0, 255, 13, 10, 45, 45]), 'wéir.mp3', { type: 'audio/mpeg' });
const picture = () => toFile(Buffer.from('not a picture'), 'weir.png', { type: 'image/png' });

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

const asks = {
  completions: (name, options) => client.completions.create({ model: name, prompt: 'Say', max_tokens: 20 }, options),
  embeddings: (name, options) => client.embeddings.create({ model: name, input: ['a', 'b'] }, options),
  'images.generate': (name, options) => client.images.generate({ model: name, prompt: 'a weir' }, options),
  'images.edit': async (name, options) =>
    client.images.edit({ model: name, prompt: 'a weir', image: await picture() }, options),
  'audio.speech': (name, options) => client.audio.speech.create({ model: name, input: 'a weir', voice: 'alloy' }, options),
  'audio.transcriptions': async (name, options) =>
    client.audio.transcriptions.create({ model: name, file: await sound() }, options),
  'audio.translations': async (name, options) =>
    client.audio.translations.create({ model: name, file: await sound() }, options),
};

if (process.env.REFUSED) {
  for (const [name, ask] of Object.entries(asks)) {
    await check(`an empty quota is a RateLimitError of ${name}`, async () => {
      const error = await thrown(() => ask(model));
      that(error instanceof OpenAI.RateLimitError, `${error}`);
      that(error.message.includes('exhausted'), `the message does not say why: ${error.message}`);
      equal(error.code, 'insufficient_quota', 'code');
    });
  }
  end();
}

await check('completions answers as a whole', async () => {
  const answer = await asks.completions(model, told);
  that(answer.choices[0].text.length > 0, 'no text');
  equal(answer.usage.completion_tokens, 9, 'completion_tokens');
});

await check('completions streams', async () => {
  const request = { model, prompt: 'Say', stream: true };
  const chunks = await all(await client.completions.create(request, told));
  equal(chunks.at(-1).choices[0].finish_reason, 'stop', 'finish_reason of the last chunk');
  that(chunks.every((chunk) => !chunk.usage), 'usage came unasked');
});

await check('embeddings are decoded', async () => {
  const answer = await asks.embeddings(model, told);
  equal(answer.data.length, 2, 'vectors');
  equal(answer.data[0].embedding[1], -0.25, 'a number');
  equal(answer.usage.prompt_tokens, 11, 'prompt_tokens');
});

await check('images are made', async () => {
  const answer = await asks['images.generate'](model, told);
  that(answer.data[0].b64_json.length > 0, 'no picture');
  equal(answer.usage.output_tokens, 9, 'output_tokens');
});

await check('images are edited', async () => {
  const answer = await asks['images.edit'](model, told);
  equal(answer.usage.output_tokens, 9, 'output_tokens');
});

await check('images stream', async () => {
  const request = { model, prompt: 'a weir', stream: true, partial_images: 2 };
  const events = await all(await client.images.generate(request, told));
  equal(events.at(-1).type, 'image_generation.completed', 'last event');
  equal(events.at(-1).usage.output_tokens, 9, 'output_tokens');
});

await check('speech is a file', async () => {
  const answer = await asks['audio.speech'](model, told);
  const bytes = Buffer.from(await answer.arrayBuffer());
  equal(bytes.subarray(0, 3).toString(), 'ID3', 'first bytes');
});

await check('sound is transcribed', async () => {
  const answer = await asks['audio.transcriptions'](model, told);
  that(answer.text.length > 0, 'no text');
  equal(answer.usage.output_tokens, 9, 'output_tokens');
});

await check('a transcript streams', async () => {
  const request = { model, file: await sound(), stream: true };
  const events = await all(await client.audio.transcriptions.create(request, told));
  equal(events.at(-1).type, 'transcript.text.done', 'last event');
});

await check('sound is translated', async () => {
  const answer = await asks['audio.translations'](model, told);
  that(answer.text.length > 0, 'no text');
});

await check('moderations are made', async () => {
  const answer = await client.moderations.create({ model, input: 'Say' });
  equal(answer.results[0].flagged, false, 'flagged');
});

for (const [name, ask] of Object.entries(asks)) {
  await check(`an unknown model is a NotFoundError of ${name}`, async () => {
    const error = await thrown(() => ask('no-such-model'));
    that(error instanceof OpenAI.NotFoundError, `${error}`);
    that(error.message.includes('no-such-model'), `the message does not name the model: ${error.message}`);
  });
}

await check('responses in the background are polled', async () => {
  let response = await client.responses.create({ model, input: 'Say', background: true }, told);
  equal(response.status, 'queued', 'status');
  for (let i = 0; i < 5 && response.status !== 'completed'; i++) response = await client.responses.retrieve(response.id);
  equal(response.status, 'completed', 'status');
  equal(response.usage.output_tokens, 9, 'output_tokens');
});

await check('responses in the background are streamed, resumed and cancelled', async () => {
  const response = await client.responses.create({ model, input: 'Say', background: true }, told);
  const events = await all(await client.responses.retrieve(response.id, { stream: true, starting_after: 2 }));
  equal(events.at(-1).type, 'response.completed', 'last event');
  equal((await client.responses.cancel(response.id)).status, 'cancelled', 'status');
});

await check('stored responses tell their input and are deleted', async () => {
  const response = await client.responses.create({ model, input: 'Say', store: true }, told);
  const items = await all(client.responses.inputItems.list(response.id));
  equal(items[0].content[0].text, 'Say', 'input');
  await client.responses.delete(response.id);
  const error = await thrown(() => client.responses.retrieve(response.id));
  that(error instanceof OpenAI.NotFoundError, `${error}`);
});

await check('a response that nobody made is a NotFoundError', async () => {
  const error = await thrown(() => client.responses.retrieve('resp_nobody'));
  that(error instanceof OpenAI.NotFoundError, `${error}`);
  that(error.message.includes('resp_nobody'), `the message does not name it: ${error.message}`);
});

await check('tokens are counted', async () => {
  const count = await client.responses.inputTokens.count({ model, input: 'Say' }, simulate('input=42'));
  equal(count.input_tokens, 42, 'input_tokens');
});

for (const [name, stream] of [
  ['completions', () => client.completions.create({ model, prompt: 'Say', stream: true }, simulate('events=9; cut-after=2'))],
  [
    'images',
    () => client.images.generate({ model, prompt: 'a weir', stream: true }, simulate('events=9; error-event-at=3')),
  ],
]) {
  await check(`a stream of ${name} that breaks off raises`, async () => thrown(async () => all(await stream())));
}

end();
