// The official OpenAI client. Environment: BASE_URL (with /v1), API_KEY, MODEL, GATEWAY=1 for what only a gateway can do.
import OpenAI from 'openai';
import { check, end, equal, simulate, that, thrown, weather } from './checks.mjs';

const model = process.env.MODEL ?? 'sim-test';
const client = new OpenAI({
  baseURL: process.env.BASE_URL,
  apiKey: process.env.API_KEY ?? 'placeholder',
  maxRetries: 0,
  timeout: 20_000,
});
const messages = [{ role: 'user', content: 'Say something.' }];
const input = 'Say something.';
const tools = [
  { type: 'function', function: { name: weather.name, description: weather.description, parameters: weather.schema } },
];
const flatTools = [{ type: 'function', name: weather.name, parameters: weather.schema, strict: false }];
const usageTold = simulate('events=5; input=11; cached=20; output=9; reasoning=4');

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

await check('chat answers as a whole', async () => {
  const answer = await client.chat.completions.create({ model, messages }, usageTold);
  equal(answer.object, 'chat.completion', 'object');
  that(answer.choices[0].message.content.length > 0, 'no text');
  equal(answer.choices[0].finish_reason, 'stop', 'finish_reason');
  equal(answer.usage.prompt_tokens, 31, 'prompt_tokens');
  equal(answer.usage.prompt_tokens_details.cached_tokens, 20, 'cached_tokens');
  equal(answer.usage.completion_tokens, 9, 'completion_tokens');
  equal(answer.usage.completion_tokens_details.reasoning_tokens, 4, 'reasoning_tokens');
  that(answer._request_id, 'no request id');
});

await check('chat streams without a usage chunk to those who did not ask', async () => {
  const chunks = await all(await client.chat.completions.create({ model, messages, stream: true }, usageTold));
  that(chunks.every((chunk) => chunk.choices.length === 1), 'a chunk without a choice came');
  that(chunks.every((chunk) => !chunk.usage), 'usage came unasked');
  equal(chunks.at(-1).choices[0].finish_reason, 'stop', 'finish_reason of the last chunk');
});

await check('chat streams with a usage chunk to those who asked', async () => {
  const request = { model, messages, stream: true, stream_options: { include_usage: true } };
  const chunks = await all(await client.chat.completions.create(request, usageTold));
  const last = chunks.pop();
  equal(last.choices.length, 0, 'choices of the last chunk');
  equal(last.usage.prompt_tokens, 31, 'prompt_tokens');
  equal(last.usage.completion_tokens, 9, 'completion_tokens');
  that(chunks.every((chunk) => chunk.usage === null), 'usage of the other chunks is not null');
});

await check('chat hands out tool calls', async () => {
  const answer = await client.chat.completions.create({ model, messages, tools, tool_choice: 'required' });
  const [call] = answer.choices[0].message.tool_calls;
  equal(call.function.name, 'get_weather', 'name');
  equal(JSON.parse(call.function.arguments).unit, 'c', 'unit');
  equal(answer.choices[0].finish_reason, 'tool_calls', 'finish_reason');
});

await check('chat streams tool calls through the helper', async () => {
  const answer = await client.chat.completions
    .stream({ model, messages, tools, tool_choice: 'required' }, simulate('tools=2'))
    .finalChatCompletion();
  const calls = answer.choices[0].message.tool_calls;
  equal(calls.length, 2, 'calls');
  equal(JSON.parse(calls[1].function.arguments).city, 'Zürich', 'city');
  that(calls[0].id !== calls[1].id, 'equal ids');
});

await check('chat runs tools and goes on', async () => {
  let ran = 0;
  const runner = client.chat.completions.runTools({
    model,
    messages: [{ role: 'user', content: 'Please use get_weather.' }],
    tools: [{ type: 'function', function: { ...tools[0].function, parse: JSON.parse, function: () => `${++ran} degrees` } }],
  });
  that((await runner.finalContent()).length > 0, 'no text after the tool');
  equal(ran, 1, 'runs');
});

await check('responses answers as a whole', async () => {
  const answer = await client.responses.create({ model, input }, usageTold);
  equal(answer.status, 'completed', 'status');
  that(answer.output_text.length > 0, 'no text');
  equal(answer.usage.input_tokens, 31, 'input_tokens');
  equal(answer.usage.output_tokens_details.reasoning_tokens, 4, 'reasoning_tokens');
});

await check('responses streams through the helper', async () => {
  const stream = client.responses.stream({ model, input }, usageTold);
  let text = '';
  stream.on('response.output_text.delta', (event) => (text += event.delta));
  const answer = await stream.finalResponse();
  equal(answer.output_text, text, 'text');
  equal(answer.usage.output_tokens, 9, 'output_tokens');
});

await check('responses streams events in order', async () => {
  const events = await all(await client.responses.create({ model, input, stream: true }));
  equal(events[0].type, 'response.created', 'first event');
  equal(events.at(-1).type, 'response.completed', 'last event');
  that(events.every((event, index) => event.sequence_number === index), 'numbers are not in order');
});

await check('responses streams tool calls', async () => {
  const request = { model, input, tools: flatTools, tool_choice: 'required' };
  const answer = await client.responses.stream(request).finalResponse();
  const call = answer.output.find((item) => item.type === 'function_call');
  equal(call.name, 'get_weather', 'name');
  equal(JSON.parse(call.arguments).city, 'Zürich', 'city');
});

await check('models are listed', async () => {
  const ids = (await all(client.models.list())).map((each) => each.id);
  that(ids.length > 0, 'no model');
  if (process.env.GATEWAY) that(ids.includes(model), `${model} is not among ${ids}`);
  return ids.join(' ');
});

await check('an unknown model is a NotFoundError', async () => {
  const error = await thrown(() => client.chat.completions.create({ model: 'no-such-model', messages }));
  that(error instanceof OpenAI.NotFoundError, `${error}`);
  that(error.message.includes('no-such-model'), `the message does not name the model: ${error.message}`);
});

await check('429 is a RateLimitError with its headers', async () => {
  const script = simulate('fault=429; retry-after=7');
  const error = await thrown(() => client.chat.completions.create({ model, messages }, script));
  that(error instanceof OpenAI.RateLimitError, `${error}`);
  equal(error.headers.get('retry-after'), '7', 'retry-after');
  equal(error.code, 'rate_limit_exceeded', 'code');
  that(error.requestID, 'no request id');
});

await check('500 is an InternalServerError', async () => {
  const error = await thrown(() => client.responses.create({ model, input }, simulate('fault=500')));
  that(error instanceof OpenAI.InternalServerError, `${error}`);
});

for (const [name, script] of [
  ['cut off', 'events=20; cut-after=5'],
  ['reset', 'events=20; reset-after=5'],
  ['failed by an error event', 'events=20; error-event-at=5'],
  // A proper end of HTTP is no end of an answer; that a gateway makes an error of it is its own promise.
  ...(process.env.GATEWAY ? [['ended early', 'events=20; end-after=5']] : []),
]) {
  await check(`a chat stream that is ${name} raises`, async () => {
    const stream = await client.chat.completions.create({ model, messages, stream: true }, simulate(script));
    return thrown(() => all(stream));
  });
  await check(`a responses stream that is ${name} raises`, async () => {
    const stream = await client.responses.create({ model, input, stream: true }, simulate(script));
    return thrown(() => all(stream));
  });
}

await check('compressed and split streams are read', async () => {
  for (const script of ['gzip', 'chunking=1', 'chunking=7; gzip']) {
    const chunks = await all(await client.chat.completions.create({ model, messages, stream: true }, simulate(script)));
    // A provider that compresses unasked keeps a gateway from hiding the usage chunk that it asked for.
    equal(chunks.findLast((chunk) => chunk.choices.length).choices[0].finish_reason, 'stop', script);
  }
});

end();
