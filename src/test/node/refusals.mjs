// Both official clients against a gateway whose quotas are empty. Environment: BASE_URL (without /v1), OPENAI and ANTHROPIC: models.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { check, end, that, thrown } from './checks.mjs';

const options = { apiKey: 'placeholder', maxRetries: 0, timeout: 20_000 };
const openai = new OpenAI({ ...options, baseURL: `${process.env.BASE_URL}/v1` });
const anthropic = new Anthropic({ ...options, baseURL: process.env.BASE_URL });
const messages = [{ role: 'user', content: 'Say something.' }];

const ways = {
  chat: (model) => openai.chat.completions.create({ model: model ?? process.env.OPENAI, messages, stream: true }),
  responses: (model) => openai.responses.create({ model: model ?? process.env.OPENAI, input: 'Say something.' }),
  messages: (model) => anthropic.messages.create({ model: model ?? process.env.ANTHROPIC, max_tokens: 9, messages }),
};

for (const [name, ask] of Object.entries(ways)) {
  const { RateLimitError, NotFoundError } = name === 'messages' ? Anthropic : OpenAI;
  await check(`an empty quota is a RateLimitError of ${name}`, async () => {
    const error = await thrown(() => ask());
    that(error instanceof RateLimitError, `${error}`);
    that(error.message.includes('exhausted'), `the message does not say why: ${error.message}`);
  });
  await check(`an unknown model is a NotFoundError of ${name}`, async () => {
    const error = await thrown(() => ask('no-such-model'));
    that(error instanceof NotFoundError, `${error}`);
    that(error.message.includes('no-such-model'), `the message does not name the model: ${error.message}`);
  });
}

end();
