// Unknown, revoked and expired keys: nobody can tell one from the other, guessing is slowed down for each address, and who has a valid
// key notices nothing of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { FakeProvider } from './fake_provider.mjs';
import { KEY, keyNamed, providerAt, Pulse, SLOWNESS, until } from './pulse_process.mjs';

const [BURST, A_SECOND] = [60, 2];
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const UNKNOWN = keyNamed('unknown');

/** How a client of each dialect asks, and where it has its key. */
const ASKED = {
  openai: (key) => ['POST /v1/chat/completions', `Authorization: Bearer ${key}`, { model: 'gpt-4o-mini', messages: [] }],
  anthropic: (key) => ['POST /v1/messages', `x-api-key: ${key}`, { model: 'claude-sonnet-4', max_tokens: 5, messages: [] }],
  gemini: (key) => ['POST /v1beta/models/gemini-2.5-flash:generateContent', `x-goog-api-key: ${key}`, { contents: [] }],
  'list of models': (key) => ['GET /v1/models', `Authorization: Bearer ${key}`],
};

describe('keys that are not valid', () => {
  let provider;
  let pulse;
  let revoked;
  let expired;
  let nextAddress = 0;
  const addressOfNobody = () => `192.0.2.${++nextAddress}`;

  before(async () => {
    provider = await new FakeProvider().start();
    pulse = await Pulse.start({
      config: { gateway: { threads: 1, trusted_proxies: ['127.0.0.1/32'] }, providers: { fake: providerAt(provider) } },
    });
    const made = (...words) => {
      const done = pulse.cli('keys', 'create', '--label', 'gone', '--json', ...words);
      assert.equal(done.status, 0, done.stderr);
      return JSON.parse(done.stdout);
    };
    const one = made();
    const other = made('--expires', new Date(Date.now() + 4000 * SLOWNESS).toISOString().replace(/\.\d+/, ''));
    for (const key of [one, other]) await until('it is known', async () => (await models(key.key, addressOfNobody())).status === 200);
    assert.equal(pulse.cli('keys', 'revoke', one.id).status, 0);
    for (const key of [one, other]) await until('it is refused', async () => (await models(key.key, addressOfNobody())).status === 401);
    [revoked, expired] = [one.key, other.key];
  });
  after(async () => {
    await pulse?.stop();
    await provider?.stop();
  });

  const models = async (key, from) => {
    const answer = await fetch(`${pulse.baseURL}/models`, { headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': from } });
    await answer.arrayBuffer();
    return answer;
  };
  /** All bytes of the answer but the date and the request's id. */
  async function bytesOf([line, credential, body], from) {
    const text = body ? JSON.stringify(body) : '';
    const { text: answer } = await pulse.raw(`${line} HTTP/1.1\r\nHost: pulse\r\n${credential}\r\nX-Forwarded-For: ${from}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
    return answer.replace(UUID, 'ID').replace(/^date: .*$/im, 'date');
  }

  for (const [dialect, asked] of Object.entries(ASKED)) {
    it(`${dialect}: unknown, revoked and expired keys get the same bytes`, async () => {
      const unknown = await bytesOf(asked(UNKNOWN), addressOfNobody());

      assert.match(unknown, /^HTTP\/1\.1 401 /);
      assert.equal(await bytesOf(asked(revoked), addressOfNobody()), unknown);
      assert.equal(await bytesOf(asked(expired), addressOfNobody()), unknown);
    });
  }

  it('an address may fail 60 times and twice a second, whatever it guesses; its valid keys and other addresses go on', async (test) => {
    const guesser = addressOfNobody();
    const begun = performance.now();
    const statuses = [];
    let valid = 0;
    for (let i = 0; i < 400; ++i) {
      const guess = [keyNamed(`guess${i}x`), revoked, expired][i % 3];
      statuses.push((await models(guess, guesser)).status);
      if (i % 4 === 0) {
        assert.equal((await models(KEY, guesser)).status, 200, 'a valid key from the same address');
        ++valid;
      }
      if (i % 40 === 0) assert.equal((await models(UNKNOWN, addressOfNobody())).status, 401, 'a guess from another address');
    }
    const seconds = (performance.now() - begun) / 1000;

    const count = (status) => statuses.filter((one) => one === status).length;
    test.diagnostic(`400 guesses in ${seconds.toFixed(2)} s: ${count(401)} x 401, ${count(429)} x 429; ${valid} calls with a valid key, all answered`);
    assert.equal(count(401) + count(429), 400);
    assert.ok(statuses.slice(0, BURST).every((status) => status === 401));
    assert.ok(count(401) <= BURST + A_SECOND * seconds + 1, `${count(401)} guesses were looked at`);
    assert.ok(SLOWNESS > 1 || count(429) > 0);
  });

  it('who is slowed down cannot tell the keys apart either', async () => {
    const guesser = addressOfNobody();
    for (let i = 0; i < 3 * BURST; ++i) await models(UNKNOWN, guesser);
    const answers = [];
    for (const key of [UNKNOWN, revoked, expired]) {
      // A guess in between may be let through, and the wait counts down.
      answers.push(await until('it is slowed down', async () => {
        const bytes = await bytesOf(ASKED.openai(key), guesser);
        return bytes.startsWith('HTTP/1.1 429 ') && bytes.replace(/^retry-after.*$/gim, 'retry-after');
      }));
    }
    assert.match(answers[0], /rate_limit_exceeded/);
    assert.equal(answers[1], answers[0]);
    assert.equal(answers[2], answers[0]);
  });
});
