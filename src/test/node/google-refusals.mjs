// The official clients of Google's formats against a gateway whose quotas are empty. Environment: BASE_URL, GEMINI and CLAUDE: models.
import Anthropic from '@anthropic-ai/sdk';
import AnthropicVertex from '@anthropic-ai/vertex-sdk';
import { ApiError, GoogleGenAI } from '@google/genai';
import { check, end, equal, that, thrown } from './checks.mjs';

const httpOptions = { baseUrl: process.env.BASE_URL, timeout: 20_000 };
const gemini = new GoogleGenAI({ apiKey: 'placeholder', httpOptions });
const express = new GoogleGenAI({ vertexai: true, apiKey: 'placeholder', httpOptions });
const vertex = new AnthropicVertex({
  baseURL: `${process.env.BASE_URL}/v1`,
  projectId: 'my-project',
  region: 'global',
  authClient: { getRequestHeaders: async () => new Headers({ authorization: 'Bearer placeholder' }) },
  maxRetries: 0,
});
const contents = 'Say something.';
const messages = [{ role: 'user', content: contents }];

for (const [name, ai] of Object.entries({ gemini, express })) {
  for (const ask of ['generateContent', 'generateContentStream']) {
    await check(`an empty quota is an ApiError of ${name}.${ask}`, async () => {
      const error = await thrown(() => ai.models[ask]({ model: process.env.GEMINI, contents }));
      that(error instanceof ApiError, `${error}`);
      equal(error.status, 429, 'status');
      const { error: told } = JSON.parse(error.message);
      equal(told.status, 'RESOURCE_EXHAUSTED', 'status');
      that(told.message.includes('exhausted'), `the message does not say why: ${told.message}`);
      that(/^\d+s$/.test(told.details[0].retryDelay), `no delay: ${JSON.stringify(told)}`);
    });
    await check(`an unknown model is an ApiError of ${name}.${ask}`, async () => {
      const error = await thrown(() => ai.models[ask]({ model: 'no-such-model', contents }));
      that(error instanceof ApiError, `${error}`);
      equal(error.status, 404, 'status');
      that(error.message.includes('no-such-model'), `the message does not name the model: ${error.message}`);
    });
  }
}

for (const stream of [false, true]) {
  const ask = (model) => vertex.messages.create({ model, max_tokens: 9, messages, stream });
  await check(`an empty quota is a RateLimitError of Anthropic on Vertex, stream ${stream}`, async () => {
    const error = await thrown(() => ask(process.env.CLAUDE));
    that(error instanceof Anthropic.RateLimitError, `${error}`);
    that(error.message.includes('exhausted'), `the message does not say why: ${error.message}`);
    that(error.headers.get('retry-after'), 'no retry-after');
  });
  await check(`an unknown model is a NotFoundError of Anthropic on Vertex, stream ${stream}`, async () => {
    const error = await thrown(() => ask('no-such-model'));
    that(error instanceof Anthropic.NotFoundError, `${error}`);
    that(error.message.includes('no-such-model'), `the message does not name the model: ${error.message}`);
  });
}

end();
