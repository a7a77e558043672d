// The console's API on both engines: logins, users, tokens, the audit chain, costs and requests; every answer fits the document,
// and every operation of the document was seen.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { ADMIN, ApiDocument, Caller } from './console_client.mjs';
import { FakeProvider } from './fake_provider.mjs';
import { keyNamed, providerAt, Pulse, until } from './pulse_process.mjs';
import { PostgresServer, WITHOUT_POSTGRES } from './postgres_server.mjs';

/** Whatever the clock says: this month may end while the test runs. */
const ALWAYS = 'from=2020-01-01';

/** An amount in units of 10⁻¹². */
const pico = (text) => {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
};

/** The canonical bytes of docs/formats/audit.md, written from its words alone. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const names = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}
const auditHash = (row) => createHash('sha256').update(canonical(['pulse-audit-1', row.seq, row.at, row.org, row.actor, row.actor_kind,
  row.address, row.action, row.target_kind, row.target_id, row.before, row.after, row.previous_hash])).digest('hex');

for (const engine of ['sqlite', 'postgresql']) {
  describe(`the console's API on ${engine}`, { skip: engine === 'postgresql' && WITHOUT_POSTGRES }, () => {
    let provider;
    let postgres;
    let pulse;
    let origin;
    let document;
    let nobody;
    let admin;
    let requestId;

    before(async () => {
      provider = await new FakeProvider().start();
      if (engine === 'postgresql') postgres = await PostgresServer.start();
      pulse = await Pulse.start({
        config: {
          providers: { fake: providerAt(provider) },
          bootstrap: { admin: ADMIN, keys: [
            { label: 'ada', key: keyNamed('ada'), team: 'search', user: 'ada', policy: {} },
            { label: 'bob', key: keyNamed('bob'), team: 'ads', user: 'bob', policy: {} }] },
          ...(postgres ? { store: { url: postgres.url } } : {}),
        },
      });
      origin = `http://127.0.0.1:${pulse.consolePort}`;
      document = await ApiDocument.read(origin);
      nobody = new Caller(origin, document);
      admin = await nobody.browser(ADMIN);
      for (const key of ['ada', 'ada', 'bob']) {
        const answer = await pulse.chat({ model: 'gpt-4o-mini' }, { key: keyNamed(key) });
        assert.equal(answer.status, 200);
        await answer.arrayBuffer();
        requestId ??= answer.headers.get('x-pulse-request-id');
      }
      await until('the ledger has the calls', async () => (await admin.get(`/api/ai/requests?${ALWAYS}`)).body.requests.length === 3, 20);
    });
    after(async () => {
      await pulse?.stop();
      await postgres?.stop();
      await provider?.stop();
    });

    it('says that it is alive, which build it is, and that strangers get no further', async () => {
      for (const path of ['/livez', '/readyz', '/healthz', '/api/build-info', '/api/openapi.json', '/api/docs', '/api/docs/docs.js']) {
        const answer = await nobody.get(path);
        assert.equal(answer.status, 200, path);
        assert.match(answer.headers.get('content-security-policy'), /^default-src 'self'; frame-ancestors 'none'/);
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      }
      assert.equal((await nobody.get('/api/users')).status, 401);
      assert.equal((await nobody.get('/api/nothing')).status, 404);
      assert.equal((await nobody.delete('/api/users')).headers.get('allow'), 'GET, POST, HEAD');
    });

    it('knows who logged in, and lets go at logout', async () => {
      const browser = await nobody.browser(ADMIN);
      assert.equal((await browser.get('/api/auth/me')).body.user.email, ADMIN.email);
      assert.equal((await browser.get('/api/auth/csrf')).body.csrf_token, browser.headers['x-csrf-token']);
      assert.equal((await browser.post('/api/auth/logout', undefined, { 'x-csrf-token': 'wrong' })).status, 403);
      assert.equal((await browser.post('/api/auth/logout', undefined, { origin: 'https://elsewhere.example' })).status, 403);
      assert.equal((await browser.post('/api/auth/logout')).status, 204);
      assert.equal((await browser.get('/api/auth/me')).status, 401);
      assert.equal((await nobody.post('/api/auth/login', { ...ADMIN, password: 'wrong' })).status, 401);
    });

    it('makes tokens for programs, and revokes them', async () => {
      const program = await nobody.program(ADMIN);
      assert.equal((await program.get('/api/auth/me')).body.authenticated_by, 'login_token');
      const made = await admin.post('/api/auth/tokens', { label: 'ci', role: 'finance' });
      assert.equal(made.status, 201, made.text);
      const ci = nobody.withToken(made.body.token);
      assert.equal((await ci.get('/api/costs/kpis')).status, 200);
      assert.equal((await ci.get('/api/users')).status, 403);
      const { tokens } = (await admin.get('/api/auth/tokens')).body;
      assert.ok(tokens.some((token) => token.id === made.body.id && !JSON.stringify(token).includes(made.body.token)));
      assert.equal((await admin.delete(`/api/auth/tokens/${made.body.id}`)).status, 204);
      assert.equal((await ci.get('/api/costs/kpis')).status, 401);
    });

    it('keeps users', async () => {
      const made = await admin.post('/api/users', { id: 'ada', email: 'Ada@Example.com', role: 'user', teams: ['search'] });
      assert.equal(made.status, 201, made.text);
      assert.ok(made.body.password.length >= 20);
      assert.equal((await admin.post('/api/users', { email: 'ada@example.com', role: 'user' })).status, 409);
      assert.equal((await admin.post('/api/users', { email: 'x@example.com', role: 'user', colour: 'red' })).status, 400);
      assert.equal((await admin.get('/api/users/ada')).body.email, 'ada@example.com');
      assert.equal((await admin.get('/api/users/nobody')).status, 404);
      assert.equal((await admin.patch('/api/users/ada', { name: 'Ada', locale: 'fr' })).body.name, 'Ada');
      const me = (await admin.get('/api/auth/me')).body.user.id;
      assert.equal((await admin.patch(`/api/users/${me}`, { role: 'user' })).status, 409);
      const reset = await admin.post('/api/users/ada/reset-password', {});
      const ada = await nobody.browser({ email: 'ada@example.com', password: reset.body.password });
      assert.equal((await ada.get('/api/users')).status, 403);
      assert.equal((await ada.post('/api/auth/password', { current_password: reset.body.password, new_password: 'my own password' })).status, 204);
      assert.ok((await admin.get('/api/users?limit=1')).body.next);
      assert.equal((await admin.get('/api/roles')).body.roles[0].role, 'admin');
      assert.equal((await admin.patch('/api/org', { name: 'Acme', time_zone: 'Europe/Paris' })).status, 200);
      assert.equal((await admin.get('/api/org')).body.effective_time_zone, 'Europe/Paris');
    });

    it('shows costs and requests, to each what is theirs', async () => {
      const ada = await nobody.program({ email: 'ada@example.com', password: 'my own password' });
      const all = (await admin.get(`/api/costs/query?${ALWAYS}&group_by=user`)).body;
      assert.deepEqual(all.rows.map((row) => row.user), ['ada', 'bob']);
      assert.equal(all.currency, 'USD');
      const { cost } = (await admin.get(`/api/ai/requests/${requestId}`)).body;
      assert.equal(pico(all.total), 3n * pico(cost));
      const own = (await ada.get(`/api/costs/query?${ALWAYS}&group_by=user,model`)).body;
      assert.deepEqual(own.rows.map((row) => row.user), ['ada']);
      assert.equal(own.rows[0].amount, own.total);
      assert.equal((await ada.get(`/api/costs/query?${ALWAYS}&user=bob`)).body.total, '0');
      const kpis = (await admin.get('/api/costs/kpis')).body;
      assert.ok([all.total, '0'].includes(kpis.today), 'all of today, or midnight came');
      assert.equal(kpis.time_zone, 'Europe/Paris');
      assert.equal((await admin.get('/api/costs/kpis?source=AWS')).body.today, '0');
      assert.equal((await admin.get(`/api/costs/events?${ALWAYS}&limit=2`)).body.events.length, 2);
      assert.equal((await ada.get(`/api/costs/events?${ALWAYS}`)).body.events.length, 2);
      assert.match((await admin.get(`/api/costs/query?${ALWAYS}&group_by=team&format=csv`)).text, /^team,amount,currency\r\nads,/);
      assert.match((await admin.get(`/api/costs/query?${ALWAYS}&group_by=team&format=md`)).text, /^\| team \| amount \| currency \|\n/);
      assert.equal((await admin.get('/api/costs/query?format=xlsx')).status, 400);
      assert.equal((await admin.get('/api/costs/query?groupby=team')).status, 400);
      assert.equal((await admin.get('/api/costs/query?group_by=colour')).status, 400);

      assert.equal((await ada.get(`/api/ai/requests?${ALWAYS}`)).body.requests.length, 2);
      const page = (await admin.get(`/api/ai/requests?${ALWAYS}&limit=2`)).body;
      assert.equal((await admin.get(`/api/ai/requests?${ALWAYS}&limit=2&after=${page.next}`)).body.requests.length, 1);
      assert.equal((await admin.get(`/api/ai/requests/${requestId}`)).body.user, 'ada');
      assert.equal((await ada.get(`/api/ai/requests/${requestId}`)).status, 200);
      const bobs = (await admin.get(`/api/ai/requests?${ALWAYS}&user=bob`)).body.requests[0].id;
      assert.equal((await ada.get(`/api/ai/requests/${bobs}`)).status, 404);
    });

    it('writes each change into a chain that others can check', async () => {
      const made = pulse.cli('users', 'create', '--email', 'cli@example.com', '--role', 'finance', '--json');
      assert.equal(made.status, 0, made.stderr);
      const key = JSON.parse(pulse.cli('keys', 'create', '--label', 'by hand', '--json').stdout);
      assert.equal(pulse.cli('keys', 'revoke', key.id).status, 0);
      assert.equal(pulse.cli('users', 'reset-password', 'cli@example.com').status, 0);
      assert.ok(pulse.cli('users', 'list').stdout.includes('cli@example.com'));

      const entries = [];
      for (let next; next !== null;) {
        const page = (await admin.get(`/api/audit?limit=5${next ? `&before=${next}` : ''}`)).body;
        entries.push(...page.entries);
        next = page.next;
      }
      entries.reverse();
      let previous = '0'.repeat(64);
      entries.forEach((row, index) => {
        assert.equal(row.seq, index + 1);
        assert.equal(row.previous_hash, previous);
        assert.equal(auditHash(row), row.hash, `row ${row.seq}`);
        previous = row.hash;
      });
      const actions = new Set(entries.map((row) => row.action));
      for (const action of ['user.create', 'user.update', 'user.set_password', 'token.create', 'token.revoke', 'session.create', 'session.end',
        'organization.update', 'key.create', 'key.revoke']) {
        assert.ok(actions.has(action), `${action} is in the log`);
      }
      const text = JSON.stringify(entries);
      for (const secret of [ADMIN.password, key.key, 'argon2', JSON.parse(made.stdout).password]) assert.ok(!text.includes(secret));

      const verified = pulse.cli('audit', 'verify', '--json');
      assert.equal(verified.status, 0, verified.stderr);
      assert.deepEqual(JSON.parse(verified.stdout), { intact: true, rows: entries.length, last_hash: previous });
      assert.equal(pulse.cli('audit', 'verify', '--expect-hash', entries[0].hash).status, 0);
      assert.equal(pulse.cli('audit', 'verify', '--expect-hash', 'f'.repeat(64)).status, 1);
    });

    it('was seen to do all that its document promises', () => {
      // Those of keys, limits and teams: console_keys.test.mjs; LiteLLM's: litellm_management.test.mjs.
      const elsewhere = ['keys and limits', 'teams and projects', 'LiteLLM'];
      const missing = document.operations.filter((operation) => !elsewhere.includes(operation.tags[0])).map((operation) => operation.operationId).filter((id) => !document.seen.has(id));
      assert.deepEqual(missing, []);
    });

    it('logs no secret', () => {
      for (const secret of [ADMIN.password, 'my own password', admin.headers['x-csrf-token'], admin.headers.cookie.split('=')[1]]) {
        assert.ok(!pulse.output.includes(secret));
      }
      assert.match(pulse.output, /"request_id":"[0-9a-f-]{36}"/);
    });
  });
}
