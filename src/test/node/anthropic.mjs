// The official Anthropic client, or the one for Vertex AI with VERTEX=1. Environment: BASE_URL (without /v1, with it for Vertex), API_KEY, MODEL,
// GATEWAY=1 for what only a gateway can do.
import Anthropic from '@anthropic-ai/sdk';
import AnthropicVertex from '@anthropic-ai/vertex-sdk';
import { check, end, equal, simulate, that, thrown, weather } from './checks.mjs';

const model = process.env.MODEL ?? 'sim-test';
const options = { baseURL: process.env.BASE_URL, maxRetries: 0, timeout: 20_000 };
const client = process.env.VERTEX
  ? new AnthropicVertex({
      ...options,
      projectId: 'my-project',
      region: 'europe-west1',
      authClient: { getRequestHeaders: async () => new Headers({ authorization: 'Bearer placeholder' }) },
    })
  : new Anthropic({ ...options, apiKey: process.env.API_KEY ?? 'placeholder' });
const messages = [{ role: 'user', content: 'Say something.' }];
const ask = { model, max_tokens: 256, messages };
const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
const usageTold = simulate('events=5; input=11; cached=20; cache-write=30; cache-write-1h=5; output=9; reasoning=4');

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

function usageIsAsTold(usage) {
  equal(usage.input_tokens, 11, 'input_tokens');
  equal(usage.cache_read_input_tokens, 20, 'cache_read_input_tokens');
  equal(usage.cache_creation_input_tokens, 35, 'cache_creation_input_tokens');
  equal(usage.cache_creation.ephemeral_1h_input_tokens, 5, 'ephemeral_1h_input_tokens');
  equal(usage.output_tokens, 9, 'output_tokens');
}

await check('messages answers as a whole', async () => {
  const answer = await client.messages.create(ask, usageTold);
  equal(answer.stop_reason, 'end_turn', 'stop_reason');
  that(answer.content.at(-1).text.length > 0, 'no text');
  equal(answer.content[0].type, 'thinking', 'first block');
  usageIsAsTold(answer.usage);
  that(answer._request_id, 'no request id');
});

await check('messages streams through the helper', async () => {
  const stream = client.messages.stream(ask, usageTold);
  let text = '';
  stream.on('text', (delta) => (text += delta));
  const answer = await stream.finalMessage();
  equal(answer.content.at(-1).text, text, 'text');
  usageIsAsTold(answer.usage);
});

await check('messages streams events in order', async () => {
  const events = await all(await client.messages.create({ ...ask, stream: true }));
  equal(events[0].type, 'message_start', 'first event');
  equal(events.at(-1).type, 'message_stop', 'last event');
});

await check('messages hands out tool calls', async () => {
  const answer = await client.messages.create({ ...ask, tools, tool_choice: { type: 'any' } });
  equal(answer.stop_reason, 'tool_use', 'stop_reason');
  equal(answer.content.at(-1).input.unit, 'c', 'unit');
});

await check('messages streams tool calls through the helper', async () => {
  const answer = await client.messages
    .stream({ ...ask, tools, tool_choice: { type: 'any' } }, simulate('tools=2'))
    .finalMessage();
  const calls = answer.content.filter((block) => block.type === 'tool_use');
  equal(calls.length, 2, 'calls');
  equal(calls[1].input.city, 'Zürich', 'city');
});

await check('tokens are counted', async () => {
  const count = await client.messages.countTokens({ model, messages }, simulate('input=42'));
  equal(count.input_tokens, 42, 'input_tokens');
});

if (!process.env.VERTEX) await check('models are listed', async () => {
  const ids = (await all(client.models.list())).map((each) => each.id);
  that(ids.length > 0, 'no model');
  if (process.env.GATEWAY) that(ids.includes(model), `${model} is not among ${ids}`);
  return ids.join(' ');
});

await check('the output limit is kept', async () => {
  const answer = await client.messages.create({ ...ask, max_tokens: 3 });
  equal(answer.stop_reason, 'max_tokens', 'stop_reason');
  equal(answer.usage.output_tokens, 3, 'output_tokens');
});

await check('an unknown model is a NotFoundError', async () => {
  const error = await thrown(() => client.messages.create({ ...ask, model: 'no-such-model' }));
  that(error instanceof Anthropic.NotFoundError, `${error}`);
  equal(error.error.error.type, 'not_found_error', 'type');
});

await check('429 is a RateLimitError with its headers', async () => {
  const error = await thrown(() => client.messages.create(ask, simulate('fault=429; retry-after=7')));
  that(error instanceof Anthropic.RateLimitError, `${error}`);
  equal(error.headers.get('retry-after'), '7', 'retry-after');
  equal(error.error.error.type, 'rate_limit_error', 'type');
  that(error.requestID, 'no request id');
});

await check('529 is an InternalServerError that says overloaded', async () => {
  const error = await thrown(() => client.messages.create(ask, simulate('fault=529')));
  that(error instanceof Anthropic.InternalServerError, `${error}`);
  equal(error.status, 529, 'status');
  equal(error.error.error.type, 'overloaded_error', 'type');
});

for (const [name, script] of [
  ['cut off', 'events=20; cut-after=5'],
  ['reset', 'events=20; reset-after=5'],
  ['failed by an error event', 'events=20; error-event-at=5'],
  // A proper end of HTTP is no end of an answer; that a gateway makes an error of it is its own promise.
  ...(process.env.GATEWAY ? [['ended early', 'events=20; end-after=5']] : []),
]) {
  await check(`a messages stream that is ${name} raises`, async () => {
    const stream = await client.messages.create({ ...ask, stream: true }, simulate(script));
    return thrown(() => all(stream));
  });
}

await check('compressed and split streams are read', async () => {
  for (const script of ['gzip', 'chunking=1', 'chunking=7; gzip']) {
    const answer = await client.messages.stream(ask, simulate(script)).finalMessage();
    equal(answer.stop_reason, 'end_turn', script);
  }
});

end();
