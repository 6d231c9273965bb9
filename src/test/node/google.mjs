// The official Google client. Environment: BASE_URL, MODE (gemini, vertex or express), MODEL, GATEWAY=1 for what only a gateway can do.
import { ApiError, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai';
import { OAuth2Client } from 'google-auth-library';
import { check, end, equal, that, thrown, weather } from './checks.mjs';

const model = process.env.MODEL ?? 'sim-test';
const httpOptions = { baseUrl: process.env.BASE_URL, timeout: 20_000 };

function client() {
  switch (process.env.MODE) {
    case 'vertex': {
      const authClient = new OAuth2Client();
      authClient.setCredentials({ access_token: 'placeholder', expiry_date: Date.now() + 3_600_000 });
      const googleAuthOptions = { authClient };
      return new GoogleGenAI({ vertexai: true, project: 'my-project', location: 'europe-west4', googleAuthOptions, httpOptions });
    }
    case 'express':
      return new GoogleGenAI({ vertexai: true, apiKey: 'placeholder', httpOptions });
    default:
      return new GoogleGenAI({ apiKey: 'placeholder', httpOptions });
  }
}

const ai = client();
const contents = 'Say something.';
const script = (text, config = {}) => ({ ...config, httpOptions: { headers: { 'x-simulate': text } } });
const tools = {
  tools: [{ functionDeclarations: [{ name: weather.name, description: weather.description, parametersJsonSchema: weather.schema }] }],
  toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
};
const usageTold = script('events=5; input=11; cached=20; output=9; reasoning=4');

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function usageIsAsTold(usage) {
  equal(usage.promptTokenCount, 31, 'promptTokenCount');
  equal(usage.cachedContentTokenCount, 20, 'cachedContentTokenCount');
  equal(usage.candidatesTokenCount, 5, 'candidatesTokenCount');
  equal(usage.thoughtsTokenCount, 4, 'thoughtsTokenCount');
}

await check('answers as a whole', async () => {
  const answer = await ai.models.generateContent({ model, contents, config: usageTold });
  that(answer.text.length > 0, 'no text');
  equal(answer.candidates[0].finishReason, 'STOP', 'finishReason');
  usageIsAsTold(answer.usageMetadata);
});

await check('streams', async () => {
  const chunks = await all(await ai.models.generateContentStream({ model, contents, config: usageTold }));
  equal(chunks.length, 7, 'chunks');
  equal(chunks.at(-1).candidates[0].finishReason, 'STOP', 'finishReason');
  usageIsAsTold(chunks.at(-1).usageMetadata);
});

await check('hands out tool calls', async () => {
  const answer = await ai.models.generateContent({ model, contents, config: tools });
  equal(answer.functionCalls[0].name, weather.name, 'name');
  equal(answer.functionCalls[0].args.unit, 'c', 'unit');
});

await check('streams tool calls', async () => {
  const chunks = await all(
    await ai.models.generateContentStream({ model, contents, config: script('tools=2', tools) }),
  );
  const calls = chunks.flatMap((chunk) => chunk.functionCalls ?? []);
  equal(calls.length, 2, 'calls');
  equal(calls[1].args.city, 'Zürich', 'city');
});

await check('goes on after a tool call', async () => {
  const first = await ai.models.generateContent({ model, contents, config: tools });
  const { id, name } = first.functionCalls[0];
  const history = [
    { role: 'user', parts: [{ text: contents }] },
    first.candidates[0].content,
    { role: 'user', parts: [{ functionResponse: { id, name, response: { output: 'rain' } } }] },
  ];
  const answer = await ai.models.generateContent({ model, contents: history });
  that(answer.text.length > 0, 'no text');
});

await check('tokens are counted', async () => {
  equal((await ai.models.countTokens({ model, contents, config: script('input=42') })).totalTokens, 42, 'totalTokens');
});

await check('embeds', async () => {
  const answer = await ai.models.embedContent({ model, contents });
  equal(answer.embeddings.length, 1, 'embeddings');
  equal(answer.embeddings[0].values[0], 0.1, 'value');
});

await check('the output limit is kept', async () => {
  const answer = await ai.models.generateContent({ model, contents, config: { maxOutputTokens: 3 } });
  equal(answer.candidates[0].finishReason, 'MAX_TOKENS', 'finishReason');
  equal(answer.usageMetadata.candidatesTokenCount, 3, 'candidatesTokenCount');
});

for (const stream of [false, true]) {
  const ask = (asked, config) => {
    const request = { model: asked, contents, config };
    return stream ? ai.models.generateContentStream(request) : ai.models.generateContent(request);
  };
  await check(`an unknown model is an ApiError, stream ${stream}`, async () => {
    const error = await thrown(() => ask('no-such-model'));
    that(error instanceof ApiError, `${error}`);
    equal(error.status, 404, 'status');
    equal(JSON.parse(error.message).error.status, 'NOT_FOUND', 'status');
  });
  await check(`429 is an ApiError, stream ${stream}`, async () => {
    const error = await thrown(() => ask(model, script('fault=429')));
    that(error instanceof ApiError, `${error}`);
    equal(error.status, 429, 'status');
    equal(JSON.parse(error.message).error.status, 'RESOURCE_EXHAUSTED', 'status');
  });
}

await check('a stream that is failed by an error event raises an ApiError', async () => {
  const stream = await ai.models.generateContentStream({ model, contents, config: script('events=20; error-event-at=5') });
  const error = await thrown(() => all(stream));
  that(error instanceof ApiError, `${error}`);
  equal(error.status, 503, 'status');
});

for (const [name, how] of [
  ['cut off', 'events=20; cut-after=5'],
  ['reset', 'events=20; reset-after=5'],
  // A proper end of HTTP is no end of an answer; that a gateway makes an error of it is its own promise.
  ...(process.env.GATEWAY ? [['ended early', 'events=20; end-after=5']] : []),
]) {
  await check(`a stream that is ${name} raises`, async () => {
    const stream = await ai.models.generateContentStream({ model, contents, config: script(how) });
    const error = await thrown(() => all(stream));
    if (process.env.GATEWAY) {
      that(error instanceof ApiError, `${error}`);
      equal(error.status, 502, 'status');
    }
  });
}

await check('split streams are read', async () => {
  for (const how of ['chunking=1', 'chunking=7']) {
    const chunks = await all(await ai.models.generateContentStream({ model, contents, config: script(how) }));
    equal(chunks.at(-1).candidates[0].finishReason, 'STOP', how);
  }
});

end();
