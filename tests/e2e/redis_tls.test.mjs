// Redis over TLS, with a user of its own that may do what docs/operations/redis.md lists and nothing else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { FakeProvider } from './fake_provider.mjs';
import { KEY, keyNamed, providerAt, Pulse, until } from './pulse_process.mjs';
import { RedisServer, WITHOUT_REDIS } from './redis_server.mjs';

const PASSWORD = 'a:secret/with@signs';
const MODEL = 'gpt-4o-mini';

/** The words of an ACL rule for what the page about Redis says is needed. */
function documentedRights() {
  const page = readFileSync(new URL('../../docs/operations/redis.md', import.meta.url), 'utf8');
  const [, scripts, commands] = /Scripts must be allowed \(`([^`]+)`\), and `([A-Z\s]+)`/.exec(page);
  return [...scripts.split(' '), ...commands.split(/\s+/).map((name) => `+${name.toLowerCase()}`)];
}

describe('Redis over TLS with a user and a password', { skip: WITHOUT_REDIS ?? false }, () => {
  let folder;
  let redis;
  let provider;
  const file = (name) => path.join(folder, name);
  const openssl = (...words) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const authority = (name) => openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-redis-tls-'));
    authority('ca');
    authority('stranger');
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=redis', '-keyout', 'redis.key',
      '-out', 'redis.csr', '-addext', 'subjectAltName=IP:127.0.0.1');
    openssl('x509', '-req', '-in', 'redis.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-copy_extensions', 'copy',
      '-out', 'redis.pem');
    redis = await RedisServer.start({
      words: ['--tls-cert-file', file('redis.pem'), '--tls-key-file', file('redis.key'), '--tls-ca-cert-file', file('ca.pem'),
        '--tls-auth-clients', 'no', '--user', 'default', 'off',
        '--user', 'pulse', 'on', `>${PASSWORD}`, '~pulse:*', '-@all', ...documentedRights(),
        '--user', 'operator', 'on', '>see', '~*', '+@all'],
      entry: ['--tls', '--cacert', file('ca.pem'), '--user', 'operator', '--pass', 'see', '--no-auth-warning'],
    });
    provider = await new FakeProvider().start();
  });
  after(async () => {
    await redis?.stop();
    await provider?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const urlWith = ({ user = 'pulse', password = PASSWORD, ca = 'ca.pem' } = {}) =>
    `rediss://${user}:${encodeURIComponent(password)}@127.0.0.1:${redis.port}/0?ca=${file(ca)}`;
  const startGateway = (url) => Pulse.start({
    config: { providers: { fake: providerAt(provider) }, policy: { store: url } },
    keys: { limited: { requests_per_minute: 100, budgets: [{ period: 'month', limit: '10' }] } },
    ready: false,
  });
  const call = async (gateway, key = keyNamed('limited')) => {
    const answer = await gateway.chat({ model: MODEL }, { key });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const alive = (gateway) => until('it listens', () => fetch(`${gateway.origin}/livez`).then((answer) => answer.ok, () => false));

  it('counts there, with no other rights than those documented', async () => {
    const gateway = await startGateway(urlWith());
    try {
      await until('it serves', async () => (await call(gateway).catch(() => undefined))?.status === 200);
      const first = Number((await call(gateway)).headers.get('x-ratelimit-remaining-requests'));
      const second = Number((await call(gateway)).headers.get('x-ratelimit-remaining-requests'));
      assert.equal(second, first - 1);
      assert.match(await redis.ask('KEYS', 'pulse:*'), /^pulse:\{.*\}:counters$/m);
      await until('each worker has its connection', async () => await gateway.metric('pulse_policy_store_up') === 1);
      assert.doesNotMatch(await redis.ask('ACL', 'LOG'), /pulse/, 'something was refused');
    } finally {
      await gateway.stop();
    }
  });

  for (const [title, wrong, said] of [
    ['a wrong password', { password: 'not-the-password' }, /WRONGPASS/],
    ['a server of an authority that it does not know', { ca: 'stranger.pem' }, /certificate/i],
  ]) {
    it(`${title}: limited calls are 503, others go, the log says why and no password`, async () => {
      const gateway = await startGateway(urlWith(wrong));
      try {
        await alive(gateway);
        const refused = await until('it is known to be away', async () => {
          const answer = await call(gateway);
          return answer.status === 503 && said.test(gateway.output) ? answer : undefined;
        });
        assert.match(refused.text, /policy_unavailable/);
        assert.ok(Number(refused.headers.get('retry-after')) >= 1);
        assert.equal((await call(gateway, KEY)).status, 200);
        assert.doesNotMatch(gateway.output, /not-the-password|secret/);
      } finally {
        await gateway.stop();
      }
    });
  }
});
