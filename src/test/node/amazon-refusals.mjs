// Amazon's and Anthropic's clients for Bedrock against a gateway whose quotas are empty. Environment: BASE_URL (what stands before /model), MODEL.
import AnthropicBedrock from '@anthropic-ai/bedrock-sdk';
import { RateLimitError } from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  ResourceNotFoundException,
  ThrottlingException,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { check, end, equal, that, thrown } from './checks.mjs';

const aws = new BedrockRuntimeClient({
  region: 'eu-central-1',
  endpoint: process.env.BASE_URL,
  credentials: { accessKeyId: 'AKIAPLACEHOLDER', secretAccessKey: 'placeholder' },
  maxAttempts: 1,
  requestHandler: new NodeHttpHandler(),
});
const anthropic = new AnthropicBedrock({
  baseURL: process.env.BASE_URL,
  awsRegion: 'eu-central-1',
  apiKey: 'placeholder',
  maxRetries: 0,
});
const messages = [{ role: 'user', content: 'Say something.' }];
const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages });
const conversation = { messages: [{ role: 'user', content: [{ text: 'Say something.' }] }] };

const ways = {
  invoke: (modelId) => aws.send(new InvokeModelCommand({ modelId, body })),
  'invoke stream': (modelId) => aws.send(new InvokeModelWithResponseStreamCommand({ modelId, body })),
  converse: (modelId) => aws.send(new ConverseCommand({ modelId, ...conversation })),
  'converse stream': (modelId) => aws.send(new ConverseStreamCommand({ modelId, ...conversation })),
};

for (const [name, ask] of Object.entries(ways)) {
  await check(`an empty quota is a ThrottlingException of ${name}`, async () => {
    const error = await thrown(() => ask(process.env.MODEL));
    that(error instanceof ThrottlingException, `${error}`);
    equal(error.$metadata.httpStatusCode, 429, 'status');
    that(error.message.includes('exhausted'), `the message does not say why: ${error.message}`);
  });
  await check(`an unknown model is a ResourceNotFoundException of ${name}`, async () => {
    const error = await thrown(() => ask('no-such-model-v1:0'));
    that(error instanceof ResourceNotFoundException, `${error}`);
    that(error.message.includes('no-such-model-v1:0'), `the message does not name the model: ${error.message}`);
  });
}

await check("an empty quota is a RateLimitError of Anthropic's client", async () => {
  const error = await thrown(() => anthropic.messages.create({ model: process.env.MODEL, max_tokens: 9, messages }));
  that(error instanceof RateLimitError, `${error}`);
  that(error.message.includes('exhausted'), `the message does not say why: ${error.message}`);
});

end();
