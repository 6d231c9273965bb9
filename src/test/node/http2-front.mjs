// A provider that speaks HTTP/2 over TLS (and HTTP/1.1, where ALPN says so): passes every request on to the one at UPSTREAM, and its answer back.
// What breaks off there is reset here, and the other way round.
// Environment: UPSTREAM (http URL), KEYS (PKCS 12 file), PASSWORD, PORT (0 for any), ALPN (protocols with commas between them).
// Commands on standard input, each answered with one line of JSON: stats, destroy (cuts all connections), goaway (ends them in good order).
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import fs from 'node:fs';
import readline from 'node:readline';

const upstream = new URL(process.env.UPSTREAM);
const sessions = new Set();
const stats = { sessions: 0, streams: 0, sessionsEver: 0, http1: 0, http2: 0, resets: 0, forbidden: [] };
const FORBIDDEN = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te', 'host'];

const keys = { pfx: fs.readFileSync(process.env.KEYS), passphrase: process.env.PASSWORD };
const server = process.env.ALPN.includes('h2')
  ? http2.createSecureServer({ ...keys, allowHTTP1: true, settings: { maxConcurrentStreams: 100 } })
  : https.createServer(keys);
server.on('session', session => {
  stats.sessionsEver++;
  sessions.add(session);
  session.on('close', () => sessions.delete(session));
  session.on('error', () => {});
});
server.on('sessionError', () => {});
server.on('tlsClientError', () => {});

server.on('request', (request, answer) => {
  const two = request.httpVersionMajor === 2;
  stats[two ? 'http2' : 'http1']++;
  stats.streams++;
  if (two) {
    for (const name of FORBIDDEN) {
      if (name in request.headers) stats.forbidden.push(name);
    }
  }
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(':') && name !== 'connection'));
  headers.host = upstream.host;
  const asked = http.request(upstream, { method: request.method, path: request.url, headers, agent: false });
  let over = false;
  const cut = () => {
    if (over) return;
    over = true;
    if (two) answer.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    else request.socket.destroy();
  };
  asked.on('response', response => {
    const told = { ...response.headers };
    for (const name of FORBIDDEN) delete told[name];
    answer.writeHead(response.statusCode, told);
    response.on('data', bytes => { if (!answer.write(bytes)) response.pause(); });
    answer.on('drain', () => response.resume());
    response.on('end', () => {
      if (!response.complete) return cut();
      over = true;
      answer.end();
    });
    response.on('aborted', cut);
    response.on('error', cut);
    if (two) answer.flushHeaders?.();
  });
  asked.on('error', cut);
  request.pipe(asked);
  request.on('error', () => {});
  answer.on('error', () => {});
  answer.on('close', () => {
    stats.streams--;
    if (!over) stats.resets++;
    over = true;
    asked.destroy();
  });
});

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));

readline.createInterface({ input: process.stdin }).on('line', command => {
  if (command === 'destroy') for (const session of sessions) session.destroy();
  if (command === 'goaway') for (const session of sessions) session.close();
  console.log(JSON.stringify({ ...stats, sessions: sessions.size }));
}).on('close', () => process.exit(0));
