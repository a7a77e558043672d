// HTTP as it comes over the wire: what is refused, what is understood, what is left behind.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';

import { completion, FakeProvider, sendJson, sseHead, streamEvents } from './fake_provider.mjs';
import { KEY, keyNamed, providerAt, Pulse, SLOWNESS, until } from './pulse_process.mjs';

let provider;
let pulse;
let other; // with short time-outs, IPv6 and CORS

before(async () => {
  provider = await new FakeProvider().start();
  pulse = await Pulse.start({ config: { providers: { fake: providerAt(provider) } } });
  provider.on('test-held', async (request, response) => {
    sseHead(response);
    response.write(streamEvents('test-held', ['x'])[0]);
  });
});
after(async () => {
  await pulse?.stop();
  await other?.stop();
  await provider?.stop();
});

const BODY = '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}';
const AUTH = `authorization: Bearer ${KEY}\r\ncontent-type: application/json\r\n`;
const head = (more, first = 'POST /v1/chat/completions HTTP/1.1') => `${first}\r\nhost: x\r\n${AUTH}${more}\r\n`;
const good = (more = '') => `${head(`content-length: ${BODY.length}\r\n${more}`)}${BODY}`;

function parse(text) {
  const [top, ...rest] = text.split('\r\n\r\n');
  const [first, ...lines] = top.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { status: Number(first.split(' ')[1]), first, headers, body: rest.join('\r\n\r\n') };
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n';
const REFUSED = {
  'Content-Length and Transfer-Encoding': head(`content-length: ${BODY.length}\r\ntransfer-encoding: chunked\r\n`) + `0\r\n\r\n${SMUGGLED}`,
  'Transfer-Encoding and Content-Length': head(`transfer-encoding: chunked\r\ncontent-length: 5\r\n`) + `0\r\n\r\n${SMUGGLED}`,
  'two Content-Lengths that differ': head(`content-length: 5\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'two Content-Lengths that agree': head(`content-length: ${BODY.length}\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a list as Content-Length': head(`content-length: ${BODY.length}, ${BODY.length}\r\n`) + BODY,
  'a Content-Length with a sign': head(`content-length: +${BODY.length}\r\n`) + BODY,
  'a negative Content-Length': head('content-length: -1\r\n'),
  'a Content-Length in hex': head('content-length: 0x10\r\n') + BODY,
  'a Content-Length beyond 64 bits': head('content-length: 99999999999999999999999\r\n'),
  'an empty Content-Length': head('content-length: \r\n') + BODY,
  'Transfer-Encoding twice': head('transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n') + '0\r\n\r\n',
  'Transfer-Encoding: chunked, chunked': head('transfer-encoding: chunked, chunked\r\n') + '0\r\n\r\n',
  'Transfer-Encoding: xchunked': head('transfer-encoding: xchunked\r\n') + '0\r\n\r\n',
  'Transfer-Encoding: gzip, chunked': head('transfer-encoding: gzip, chunked\r\n') + '0\r\n\r\n',
  'Transfer-Encoding: identity': head('transfer-encoding: identity\r\n') + BODY,
  'Transfer-Encoding behind a vertical tab': head('transfer-encoding: \x0bchunked\r\n') + '0\r\n\r\n',
  'Transfer-Encoding with a space before the colon': head('transfer-encoding : chunked\r\n') + '0\r\n\r\n',
  'Transfer-Encoding in HTTP/1.0': head('transfer-encoding: chunked\r\n', 'POST /v1/chat/completions HTTP/1.0') + '0\r\n\r\n',
  'a folded line': head(`x-folded: a\r\n b\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a folded Transfer-Encoding': head('transfer-encoding:\r\n chunked\r\n') + '0\r\n\r\n',
  'bare line feeds': `POST /v1/chat/completions HTTP/1.1\nhost: x\n${AUTH.replaceAll('\r', '')}content-length: ${BODY.length}\n\n${BODY}`,
  'one bare line feed': head(`x-a: b\nx-c: d\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a bare carriage return': head(`x-a: b\rx-c: d\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'an empty header name': head(`: value\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a header without a colon': head(`nonsense\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a space in a header name': head(`x a: b\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a NUL in a value': head(`x-a: b\0c\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a control character in a value': head(`x-a: b\x01c\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a control character in the target': head(`content-length: ${BODY.length}\r\n`, 'POST /v1/chat\x01completions HTTP/1.1') + BODY,
  'a space in the target': head(`content-length: ${BODY.length}\r\n`, 'POST /v1/chat completions HTTP/1.1') + BODY,
  'absolute-form': head(`content-length: ${BODY.length}\r\n`, 'POST http://x/v1/chat/completions HTTP/1.1') + BODY,
  'authority-form': head('', 'CONNECT x:443 HTTP/1.1'),
  'no Host': `POST /v1/chat/completions HTTP/1.1\r\n${AUTH}content-length: ${BODY.length}\r\n\r\n${BODY}`,
  'two Hosts': head(`host: y\r\ncontent-length: ${BODY.length}\r\n`) + BODY,
  'a chunk size with a sign': head('transfer-encoding: chunked\r\n') + '+5\r\nhello\r\n0\r\n\r\n',
  'a chunk size that is no number': head('transfer-encoding: chunked\r\n') + 'xyz\r\nhello\r\n0\r\n\r\n',
  'a chunk size beyond 64 bits': head('transfer-encoding: chunked\r\n') + 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n',
  'a chunk that is longer than its size': head('transfer-encoding: chunked\r\n') + '3\r\nhello\r\n0\r\n\r\n',
  'a chunk that ends with a bare line feed': head('transfer-encoding: chunked\r\n') + '5\nhello\n0\n\n',
  'HTTP/2.0 in the request line': head('', 'GET / HTTP/2.0'),
  'HTTP/0.9': 'GET /\r\n\r\n',
  'no HTTP at all': 'hello there\r\n\r\n',
  'a TLS client': Buffer.from('16030100c8010000c40303', 'hex').toString('latin1') + '\0'.repeat(200) + '\r\n\r\n',
};

describe('a request that two servers could read differently is refused with 400 and a close', () => {
  for (const [title, bytes] of Object.entries(REFUSED)) {
    it(title, async () => {
      const before = provider.requests.length;

      const { text } = await pulse.raw(Buffer.from(bytes, 'latin1'));

      const answer = parse(text);
      assert.equal(answer.status, 400, text.slice(0, 300));
      assert.equal(answer.headers.connection, 'close');
      assert.equal(JSON.parse(answer.body).error.type, 'invalid_request_error');
      assert.equal(text.split('HTTP/1.1 ').length, 2, 'one answer, nothing smuggled behind it');
      assert.equal(provider.requests.length, before);
    });
  }

  it('and counted', async () => {
    const sum = async () => (await pulse.metric('pulse_rejected_total')) + (await pulse.metric('pulse_denied_total')) + (await pulse.metric('pulse_requests_total', { status: '400' }));
    const before = await sum();

    await pulse.raw(REFUSED['two Hosts']);

    await until('a counter went up', async () => (await sum()) > before);
  });
});

describe('bounds', () => {
  it('a head beyond 64 KiB: 431', async () => {
    const { text } = await pulse.raw(head(`x-long: ${'a'.repeat(70_000)}\r\n`));
    assert.equal(parse(text).status, 431);
  });

  it('more than 100 fields: 431 or 400', async () => {
    const { text } = await pulse.raw(head(Array.from({ length: 120 }, (_, i) => `x-${i}: a\r\n`).join('')));
    assert.ok([400, 431].includes(parse(text).status), text.slice(0, 100));
  });

  it('endless chunk extensions: 400', async () => {
    const { text } = await pulse.raw(head('transfer-encoding: chunked\r\n') + `5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`);
    assert.equal(parse(text).status, 400);
  });

  it('endless trailers: 400', async () => {
    const { text } = await pulse.raw(head('transfer-encoding: chunked\r\n') + `0\r\n${'x-a: b\r\n'.repeat(5_000)}\r\n`);
    assert.equal(parse(text).status, 400);
  });
});

describe('what HTTP/1.1 clients do', () => {
  it('a chunked body arrives whole', async () => {
    const { text } = await pulse.raw(
      head('transfer-encoding: chunked\r\nconnection: close\r\n') + `5\r\n${BODY.slice(0, 5)}\r\n${(BODY.length - 5).toString(16)};ext=1\r\n${BODY.slice(5)}\r\n0\r\ntrailer: x\r\n\r\n`);

    assert.equal(parse(text).status, 200);
    assert.equal(provider.requests.at(-1).bytes.toString(), BODY);
  });

  it('a body that comes byte by byte', async () => {
    const socket = net.connect(pulse.port, '127.0.0.1').setNoDelay(true);
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (part) => { text += part; });
    for (const byte of good('connection: close\r\n')) {
      socket.write(byte);
      await new Promise(setImmediate);
    }
    await once(socket, 'close');

    assert.equal(parse(text).status, 200);
  });

  it('pipelined requests are answered in their order', async () => {
    const ordered = ['a', 'b', 'c'].map((letter) => {
      provider.on(`test-pipe-${letter}`, (request, response) => sendJson(response, 200, completion(`test-pipe-${letter}`, letter)));
      const body = BODY.replace('gpt-4o-mini', `test-pipe-${letter}`);
      return `${head(`content-length: ${body.length}\r\n${letter === 'c' ? 'connection: close\r\n' : ''}`)}${body}`;
    });

    const { text } = await pulse.raw(ordered.join(''));

    assert.deepEqual(Array.from(text.matchAll(/"content":"(\w)"/g), (match) => match[1]), ['a', 'b', 'c']);
  });

  it('keep-alive serves many requests on one connection', async () => {
    const { text } = await pulse.raw(good() + good() + good('connection: close\r\n'));

    assert.equal(text.split('HTTP/1.1 200 OK').length, 4);
  });

  it('Expect: 100-continue is answered before the body, but not for a key that is refused', async () => {
    const socket = net.connect(pulse.port, '127.0.0.1');
    let text = '';
    socket.on('data', (part) => { text += part; });
    socket.write(head(`content-length: ${BODY.length}\r\nexpect: 100-continue\r\nconnection: close\r\n`));
    await until('100 Continue', () => text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    socket.write(BODY);
    await once(socket, 'close');
    const refused = await pulse.raw(head(`content-length: 5\r\nexpect: 100-continue\r\n`).replace(KEY, keyNamed('unknown')));

    assert.match(text, /HTTP\/1\.1 200 OK/);
    assert.equal(parse(refused.text).status, 401);
  });

  it('HTTP/1.0 gets an answer without chunks, ended by the close', async () => {
    const body = BODY.replace('{', '{"stream":true,');
    const { text } = await pulse.raw(`POST /v1/chat/completions HTTP/1.0\r\n${AUTH}content-length: ${body.length}\r\n\r\n${body}`);
    const answer = parse(text);

    assert.equal(answer.status, 200);
    assert.equal(answer.headers['transfer-encoding'], undefined);
    assert.ok(answer.body.startsWith('data: {') && answer.body.endsWith('data: [DONE]\n\n'), answer.body.slice(-100));
  });

  it('HEAD / and GET / and the health paths need no key', async () => {
    for (const pathname of ['/', '/healthz', '/livez', '/readyz', '/health', '/health/liveliness', '/health/liveness', '/health/readiness']) {
      const answer = await fetch(pulse.origin + pathname);
      assert.equal(answer.status, 200, pathname);
      await answer.text();
    }
    const { text } = await pulse.raw('HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    assert.equal(parse(text).status, 200);
    assert.equal(parse(text).body, '');
  });

  it('a WebSocket upgrade that is not served: 426 at once', async () => {
    const { text } = await pulse.raw(`GET /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);

    assert.equal(parse(text).status, 426);
  });

  it('an HTTP/2 preface is closed, and the log says what to do', async () => {
    const { closed } = await pulse.raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

    assert.ok(closed);
    await until('a word about HTTP/2 in the log', () => /HTTP\/2/.test(pulse.output));
  });

  it('paths work without /v1 and with slashes too many', async () => {
    for (const pathname of ['/chat/completions', '//v1/chat/completions', '/openai/v1/chat/completions']) {
      const answer = await pulse.post(pathname, BODY);
      assert.equal(answer.status, 200, pathname);
      await answer.text();
    }
  });

  it('a caller who shuts down its sending side counts as gone', async () => {
    const before = provider.asked('test-held').length;
    const body = BODY.replace('gpt-4o-mini', 'test-held').replace('{', '{"stream":true,');

    await pulse.raw(`${head(`content-length: ${body.length}\r\n`)}${body}`, { halfClose: true });

    assert.ok(provider.asked('test-held').length <= before + 1);
  });
});

describe('settings', () => {
  before(async () => {
    other = await Pulse.start({
      config: {
        gateway: { timeouts: { head: '300ms', body: '400ms', keep_alive: '500ms' }, cors: { origins: ['https://app.example.com'] } },
        providers: { fake: providerAt(provider) },
      },
    });
  });

  it('a head that does not end is cut off', async () => {
    const { text, closed } = await other.raw('GET / HTTP/1.1\r\nhost:');

    assert.ok(closed);
    assert.ok(text === '' || parse(text).status === 408, text.slice(0, 100));
  });

  it('a body that does not come is cut off', async () => {
    const { text } = await other.raw(head('content-length: 100\r\n') + '{"model"');

    assert.equal(parse(text).status, 408);
  });

  it('an idle connection is closed', async () => {
    const { closed } = await other.raw('');

    assert.ok(closed);
  });

  it('CORS: a preflight of an allowed origin is answered before authentication, another one is not', async () => {
    const preflight = (origin) => fetch(`${other.baseURL}/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-stainless-lang' },
    });

    const allowed = await preflight('https://app.example.com');
    const refused = await preflight('https://evil.example.com');

    assert.ok(allowed.status === 200 || allowed.status === 204);
    assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example.com');
    assert.match(allowed.headers.get('access-control-allow-headers'), /x-stainless-lang/);
    assert.equal(refused.headers.get('access-control-allow-origin'), null);
  });
});

describe('nothing is left behind', () => {
  it('10 000 aborted requests leak no descriptor, no reservation and no memory', { timeout: 300_000 * SLOWNESS }, async () => {
    const stream = BODY.replace('gpt-4o-mini', 'test-held').replace('{', '{"stream":true,');
    const ways = [
      '', 'POST /v1/chat', head(`content-length: ${BODY.length}\r\n`).slice(0, -2), head('content-length: 1000\r\n') + '{"model":',
      head('transfer-encoding: chunked\r\n') + '5\r\nhel', good(), `${head(`content-length: ${stream.length}\r\n`)}${stream}`,
      good() + good() + 'POST /v1', REFUSED['two Hosts'], good().replace(KEY, keyNamed('unknown')),
    ];
    const total = Math.round(10_000 / SLOWNESS);
    const abort = async (number) => {
      const socket = net.connect(pulse.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(ways[number % ways.length]);
      // Half of them hang up at once, half when something came or the request is surely under way.
      if (number % 2 === 0 && number % ways.length > 4) await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      const closed = once(socket, 'close');
      if (number % 3 === 0) socket.resetAndDestroy(); else socket.destroy();
      await closed;
    };
    const descriptors = async () => {
      await until('no request under way', async () => (await pulse.metric('pulse_inflight_requests')) === 0, 60);
      return pulse.descriptors();
    };
    for (let i = 0; i < 200; ++i) await abort(i); // pools and buffers grow to their size first
    const before = await descriptors();
    const residentBefore = pulse.residentKb();

    let next = 0;
    await Promise.all(Array.from({ length: 50 }, async () => {
      while (next < total) await abort(next++);
    }));

    // Pooled connections to the provider may stay; connections of callers may not.
    await until(`descriptors fall back to ${before}, are ${pulse.descriptors()}`, async () => (await descriptors()) <= before + 60, 90);
    await until('no reservation is open', async () => (await pulse.metric('pulse_reservations_open')) === 0, 60);
    assert.equal((await pulse.chat({ model: 'gpt-4o-mini' })).status, 200);
    assert.ok(pulse.residentKb() - residentBefore < 64 * 1024 * SLOWNESS, `${pulse.residentKb() - residentBefore} KiB more`);
  });
});
