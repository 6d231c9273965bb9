// Amazon's official Bedrock client. Environment: BASE_URL (what stands before /model), MODEL, GATEWAY=1 for what only a gateway can do.
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  ModelStreamErrorException,
  ResourceNotFoundException,
  ServiceUnavailableException,
  ThrottlingException,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { check, end, equal, that, thrown, weather } from './checks.mjs';

const modelId = process.env.MODEL ?? 'us.anthropic.sim-test-v1:0';
const missing = 'no-such-model';
const text = new TextDecoder();
const options = {
  region: 'eu-central-1',
  endpoint: process.env.BASE_URL,
  maxAttempts: 1,
  // By itself this client speaks HTTP/2 without asking, which nothing but Bedrock understands.
  requestHandler: new NodeHttpHandler(),
};
const signing = { credentials: { accessKeyId: 'AKIAPLACEHOLDER', secretAccessKey: 'placeholder' } };
const usageTold = 'events=5; input=11; cached=20; cache-write=30; cache-write-1h=5; output=9; reasoning=4';

/** A client whose requests carry a script for the simulated provider. */
function scripted(script, credential = signing) {
  const client = new BedrockRuntimeClient({ ...options, ...credential });
  if (script) {
    client.middlewareStack.add(
      (next) => (args) => {
        args.request.headers['x-simulate'] = script;
        return next(args);
      },
      { step: 'build' },
    );
  }
  return client;
}

const invoked = {
  modelId,
  contentType: 'application/json',
  body: JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 256,
    messages: [{ role: 'user', content: 'Say something.' }],
  }),
};
const conversation = {
  modelId,
  messages: [{ role: 'user', content: [{ text: 'Say something.' }] }],
  inferenceConfig: { maxTokens: 256 },
};
const toolConfig = {
  tools: [{ toolSpec: { name: weather.name, description: weather.description, inputSchema: { json: weather.schema } } }],
  toolChoice: { any: {} },
};

const invoke = (script, more) => scripted(script).send(new InvokeModelCommand({ ...invoked, ...more }));
const converse = (script, more) => scripted(script).send(new ConverseCommand({ ...conversation, ...more }));

async function invokeEvents(script, more) {
  const answer = await scripted(script).send(new InvokeModelWithResponseStreamCommand({ ...invoked, ...more }));
  const events = [];
  for await (const event of answer.body) events.push(JSON.parse(text.decode(event.chunk.bytes)));
  return events;
}

async function converseEvents(script, more) {
  const answer = await scripted(script).send(new ConverseStreamCommand({ ...conversation, ...more }));
  const events = [];
  for await (const event of answer.stream) events.push(event);
  return events;
}

await check('invoke answers as a whole', async () => {
  const answer = JSON.parse(text.decode((await invoke(usageTold)).body));
  equal(answer.stop_reason, 'end_turn', 'stop_reason');
  equal(answer.usage.input_tokens, 11, 'input_tokens');
  equal(answer.usage.cache_creation.ephemeral_1h_input_tokens, 5, 'ephemeral_1h_input_tokens');
});

await check('invoke streams events in order', async () => {
  const events = await invokeEvents(usageTold);
  equal(events[0].type, 'message_start', 'first event');
  equal(events.at(-1).type, 'message_stop', 'last event');
  equal(events.at(-1)['amazon-bedrock-invocationMetrics'].outputTokenCount, 9, 'outputTokenCount');
});

await check('converse answers as a whole', async () => {
  const answer = await converse(usageTold);
  equal(answer.stopReason, 'end_turn', 'stopReason');
  that(answer.output.message.content.at(-1).text.length > 0, 'no text');
  equal(answer.usage.inputTokens, 11, 'inputTokens');
  equal(answer.usage.cacheReadInputTokens, 20, 'cacheReadInputTokens');
  equal(answer.usage.outputTokens, 9, 'outputTokens');
});

await check('converse streams events in order', async () => {
  const events = await converseEvents(usageTold);
  that(events[0].messageStart, 'no messageStart');
  equal(events.at(-2).messageStop.stopReason, 'end_turn', 'stopReason');
  equal(events.at(-1).metadata.usage.outputTokens, 9, 'outputTokens');
});

await check('converse hands out tool calls', async () => {
  const answer = await converse('', { toolConfig });
  equal(answer.stopReason, 'tool_use', 'stopReason');
  equal(answer.output.message.content.at(-1).toolUse.input.unit, 'c', 'unit');
});

await check('converse streams tool calls', async () => {
  const events = await converseEvents('tools=2', { toolConfig });
  const names = events.filter((event) => event.contentBlockStart).map((event) => event.contentBlockStart.start.toolUse.name);
  equal(names.join(), 'get_weather,get_weather', 'names');
  const last = Math.max(...events.map((event) => event.contentBlockStart?.contentBlockIndex ?? 0));
  const pieces = events
    .filter((event) => event.contentBlockDelta?.contentBlockIndex === last)
    .map((event) => event.contentBlockDelta.delta.toolUse.input);
  equal(JSON.parse(pieces.join('')).city, 'Zürich', 'city');
});

await check('tokens are counted', async () => {
  const answer = await scripted('input=42').send(
    new CountTokensCommand({ modelId, input: { converse: { messages: conversation.messages } } }),
  );
  equal(answer.inputTokens, 42, 'inputTokens');
});

await check('a bearer token will do', async () => {
  const client = scripted('', { token: { token: 'placeholder' }, authSchemePreference: ['httpBearerAuth'] });
  const answer = await client.send(new ConverseCommand(conversation));
  equal(answer.stopReason, 'end_turn', 'stopReason');
});

for (const [name, ask] of Object.entries({ invoke, invokeEvents, converse, converseEvents })) {
  await check(`an unknown model is a ResourceNotFoundException of ${name}`, async () => {
    const error = await thrown(() => ask('', { modelId: missing }));
    that(error instanceof ResourceNotFoundException, `${error}`);
    equal(error.$metadata.httpStatusCode, 404, 'status');
    that(error.message.includes(missing), `the message does not name the model: ${error.message}`);
  });
  await check(`429 is a ThrottlingException of ${name}`, async () => {
    const error = await thrown(() => ask('fault=429; retry-after=7'));
    that(error instanceof ThrottlingException, `${error}`);
  });
}

await check('503 is a ServiceUnavailableException', async () => {
  const error = await thrown(() => converse('fault=503'));
  that(error instanceof ServiceUnavailableException, `${error}`);
});

for (const [name, ask] of Object.entries({ invokeEvents, converseEvents })) {
  await check(`an exception within a stream is raised by ${name}`, async () => {
    const error = await thrown(() => ask('events=20; error-event-at=5'));
    that(error instanceof ModelStreamErrorException, `${error}`);
    equal(error.message, 'The model produced an unexpected error.', 'message');
  });
  for (const ending of ['cut-after=5', 'reset-after=5', ...(process.env.GATEWAY ? ['end-after=5'] : [])]) {
    await check(`a stream that ends with ${ending} raises in ${name}`, async () => {
      const error = await thrown(() => ask(`events=20; ${ending}`));
      if (process.env.GATEWAY) {
        that(error instanceof ModelStreamErrorException, `${error}`);
        that(error.message.includes('broke off'), `${error.message}`);
      }
    });
  }
  await check(`split streams are read by ${name}`, async () => {
    for (const script of ['chunking=1', 'chunking=7']) that((await ask(script)).length > 5, script);
  });
}

end();
