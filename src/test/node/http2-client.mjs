// A client of HTTP/2 that nobody here has written, against a gateway, whole or broken.
// Environment: BASE_URL (https, or http for HTTP/2 in the clear), BODY (of a request for a stream), BROKEN (a script for an answer that breaks off), SAID (what is to come of it),
// NODE_EXTRA_CA_CERTS.
import fs from 'node:fs';
import http2 from 'node:http2';
import { check, end, equal, that } from './checks.mjs';

const session = http2.connect(process.env.BASE_URL);
session.on('error', () => {});
const asked = { 'x-session-id': 'stand', 'content-type': 'application/json' };
const message = (stream) => process.env.BODY.replace('"stream": true', `"stream": ${stream}`);

/** Everything that happens on one stream. */
const ask = (headers, body) =>
  new Promise((resolve) => {
    const stream = session.request(headers, { endStream: body === undefined });
    const seen = { headers: {}, bytes: 0, text: '', code: 0, informed: [] };
    stream.on('headers', (informed) => seen.informed.push(informed[':status']));
    stream.on('response', (response) => (seen.headers = response));
    stream.on('data', (chunk) => {
      seen.bytes += chunk.length;
      seen.text += chunk;
    });
    stream.on('error', () => {});
    stream.on('close', () => resolve({ ...seen, code: stream.rstCode }));
    if (body !== undefined) stream.end(body);
  });
const post = (script, stream = true, more = {}) =>
  ask(
    { ':method': 'POST', ':path': '/v1/messages', 'user-agent': 'node', 'x-simulate': script, ...asked, ...more },
    message(stream),
  );

await check('a document is served, with its length and nothing of a connection', async () => {
  const seen = await post('events=3', false);
  equal(seen.headers[':status'], 200, 'status');
  equal(seen.code, 0, 'reset');
  equal(Number(seen.headers['content-length']), seen.bytes, 'length');
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection'])
    that(!(name in seen.headers), name);
  that(seen.headers.date, 'no date');
  JSON.parse(seen.text);
});
await check('a stream is served', async () => {
  const seen = await post('events=20');
  equal(seen.code, 0, 'reset');
  that(seen.text.includes('message_stop'), seen.text);
});
await check('a stream that breaks off says so, and is reset', async () => {
  const seen = await post(process.env.BROKEN);
  equal(seen.headers[':status'], 200, 'status');
  equal(seen.code, http2.constants.NGHTTP2_INTERNAL_ERROR, 'code');
  const said = fs.readFileSync(process.env.SAID, 'utf8');
  that(seen.text.startsWith(said), seen.text);
  // Blank lines may end the event that broke off.
  const added = seen.text.slice(said.length).trimStart();
  that(added.startsWith('event: error\n'), added);
});
await check('a document that breaks off is reset', async () => {
  const seen = await post('big=100k; cut-after=5', false);
  equal(seen.code, http2.constants.NGHTTP2_INTERNAL_ERROR, 'code');
});
await check('HEAD has no body', async () => {
  const seen = await ask({ ':method': 'HEAD', ':path': '/' });
  equal(seen.headers[':status'], 200, 'status');
  equal(seen.bytes, 0, 'bytes');
});
await check('a client that asks before it sends is told to go on', async () => {
  const stream = session.request({ ':method': 'POST', ':path': '/v1/messages', expect: '100-continue', ...asked });
  const status = await new Promise((resolve, reject) => {
    stream.on('continue', () => stream.end(message(false)));
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
  });
  equal(status, 200, 'status');
  stream.resume();
});
await check('a path that is too long, headers that are too many or too large, and methods that are none are refused', async () => {
  const get = { ':method': 'GET', ':path': '/healthz' };
  equal((await ask({ ...get, ':path': `/healthz?${'x'.repeat(8200)}` })).headers[':status'], 414, 'path');
  const many = Object.fromEntries(Array.from({ length: 140 }, (_, i) => [`x-${i}`, 'v']));
  equal((await ask({ ...get, ...many })).headers[':status'], 431, 'many');
  equal((await ask({ ...get, 'x-large': 'x'.repeat(33_000) })).headers[':status'], 431, 'large');
  equal((await ask({ ...get, ':path': '/a b' })).headers[':status'], 400, 'no path');
  equal((await ask({ ...get, ':method': 'BREW' })).headers[':status'], 501, 'method');
  equal((await ask(get)).headers[':status'], 200, 'still served');
});
await check('a model in a path goes as it was written', async () => {
  const seen = await ask({ ':method': 'POST', ':path': '/model/no%3Asuch/converse', ...asked }, '{"messages":[]}');
  equal(seen.headers[':status'], 404, 'status');
  that(seen.text.includes('no:such'), seen.text);
});
await check('a refusal that comes before the body ends the request', async () => {
  const stream = session.request({ ':method': 'POST', ':path': '/no-such-path', 'content-length': 200_000_000 });
  let status = 0;
  stream.on('response', (headers) => (status = headers[':status']));
  stream.on('data', () => {});
  stream.on('error', () => {});
  const block = Buffer.alloc(1 << 20);
  let sent = 0;
  const send = () => {
    while (!stream.closed && sent < 200) {
      sent++;
      if (!stream.write(block)) return stream.once('drain', send);
    }
  };
  send();
  await new Promise((resolve) => stream.on('close', resolve));
  equal(status, 404, 'status');
  that(sent < 200, `all of it was read: ${sent}`);
});
session.close();

await check('resets by the thousand end the connection', async () => {
  const hasty = http2.connect(process.env.BASE_URL);
  hasty.on('error', () => {});
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
  for (let i = 0; i < 3000 && !hasty.closed && !hasty.destroyed; i++) {
    const stream = hasty.request({ ':method': 'GET', ':path': '/healthz' });
    stream.on('error', () => {});
    stream.close(http2.constants.NGHTTP2_CANCEL);
    if (i % 50 === 0) await pause();
  }
  for (let i = 0; i < 200 && !hasty.destroyed; i++) await pause();
  // A session of Node's does not always notice that its socket is gone. Nobody answers on it any more, then.
  const answers = await new Promise((resolve) => {
    setTimeout(() => resolve(false), 2000);
    try {
      hasty.ping((error) => resolve(!error));
    } catch {
      resolve(false);
    }
  });
  that(hasty.destroyed || !answers, 'it is still open');
});

end();
