// Anthropic's official client for Bedrock, as Claude Code uses it. Environment: BASE_URL (what stands before /model), MODEL.
import AnthropicBedrock from '@anthropic-ai/bedrock-sdk';
import { NotFoundError, RateLimitError } from '@anthropic-ai/sdk';
import { check, end, equal, simulate, that, thrown, weather } from './checks.mjs';

const model = process.env.MODEL ?? 'us.anthropic.sim-test-v1:0';
const client = new AnthropicBedrock({
  baseURL: process.env.BASE_URL,
  awsRegion: 'eu-central-1',
  awsAccessKey: 'AKIAPLACEHOLDER',
  awsSecretKey: 'placeholder',
  maxRetries: 0,
  timeout: 20_000,
});
const ask = { model, max_tokens: 256, messages: [{ role: 'user', content: 'Say something.' }] };
const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
const usageTold = simulate('events=5; input=11; cached=20; cache-write=30; cache-write-1h=5; output=9; reasoning=4');

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

await check('messages answers as a whole', async () => {
  const answer = await client.messages.create(ask, usageTold);
  equal(answer.stop_reason, 'end_turn', 'stop_reason');
  equal(answer.usage.input_tokens, 11, 'input_tokens');
});

await check('messages streams through the helper', async () => {
  const answer = await client.messages.stream(ask, usageTold).finalMessage();
  equal(answer.usage.output_tokens, 9, 'output_tokens');
  that(answer.content.at(-1).text.length > 0, 'no text');
});

await check('messages streams tool calls through the helper', async () => {
  const answer = await client.messages
    .stream({ ...ask, tools, tool_choice: { type: 'any' } }, simulate('tools=2'))
    .finalMessage();
  equal(answer.content.filter((block) => block.type === 'tool_use').length, 2, 'calls');
});

await check('messages hands out tool calls', async () => {
  const answer = await client.messages.create({ ...ask, tools, tool_choice: { type: 'any' } });
  equal(answer.content.at(-1).input.unit, 'c', 'unit');
});

await check('an unknown model is a NotFoundError', async () => {
  const error = await thrown(() => client.messages.create({ ...ask, model: 'no-such-model' }));
  that(error instanceof NotFoundError, `${error}`);
  that(error.message.includes('no-such-model'), `the message does not name the model: ${error.message}`);
});

await check('429 is a RateLimitError', async () => {
  const error = await thrown(() => client.messages.create({ ...ask, stream: true }, simulate('fault=429')));
  that(error instanceof RateLimitError, `${error}`);
});

await check('a stream that is cut off raises', async () => {
  const stream = await client.messages.create({ ...ask, stream: true }, simulate('events=20; cut-after=5'));
  return thrown(() => all(stream));
});

end();
