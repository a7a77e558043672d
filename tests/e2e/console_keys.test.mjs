// Keys, policies, budgets, teams and projects by the console's API and by the command line, beside a running gateway, on both
// engines: what is changed there holds here within a second. Every answer fits the document.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ADMIN, ApiDocument, Caller } from './console_client.mjs';
import { FakeProvider } from './fake_provider.mjs';
import { PostgresServer, WITHOUT_POSTGRES } from './postgres_server.mjs';
import { providerAt, Pulse, until } from './pulse_process.mjs';

const MODEL = 'gpt-4o-mini';

for (const engine of ['sqlite', 'postgresql']) {
  describe(`keys and what limits them on ${engine}`, { skip: engine === 'postgresql' && WITHOUT_POSTGRES }, () => {
    let provider;
    let postgres;
    let pulse;
    let document;
    let nobody;
    let admin;

    /** The status of a call with that key. */
    const call = async (key) => {
      const answer = await pulse.chat({ model: MODEL }, { key });
      await answer.arrayBuffer();
      return answer.status;
    };
    /** A gateway follows within a second; the machine of the test may be slower. */
    const follows = (what, key, status) => until(what, async () => (await call(key)) === status, 5);
    const made = async (path, body) => {
      const answer = await admin.post(path, body);
      assert.equal(answer.status, 201, answer.text);
      return answer.body;
    };

    before(async () => {
      provider = await new FakeProvider().start();
      if (engine === 'postgresql') postgres = await PostgresServer.start();
      pulse = await Pulse.start({
        config: {
          providers: { fake: providerAt(provider) },
          bootstrap: { admin: ADMIN },
          ...(postgres ? { store: { url: postgres.url } } : {}),
        },
      });
      const origin = `http://127.0.0.1:${pulse.consolePort}`;
      document = await ApiDocument.read(origin);
      nobody = new Caller(origin, document);
      admin = await nobody.program(ADMIN);
    });
    after(async () => {
      await pulse?.stop();
      await postgres?.stop();
      await provider?.stop();
    });

    it('makes a key that works, changes, rotates and revokes it', async () => {
      const key = await made('/api/ai/keys', { label: 'site', team: 'search', policy: {} });
      await follows('the new key works', key.key, 200);
      assert.equal((await admin.get(`/api/ai/keys/${key.id}`)).body.label, 'site');
      assert.ok(!(await admin.get('/api/ai/keys?team=search')).text.includes(key.key));

      const blocked = await admin.patch(`/api/ai/keys/${key.id}`, { policy: { blocked_models: ['gpt-*'] }, version: key.version });
      assert.equal(blocked.status, 200, blocked.text);
      await follows('the model is closed to it', key.key, 403);
      assert.equal((await admin.patch(`/api/ai/keys/${key.id}`, { policy: {}, version: key.version })).status, 409);
      assert.equal((await admin.patch(`/api/ai/keys/${key.id}`, { policy: {} })).status, 200);
      await follows('and open again', key.key, 200);

      const rotated = (await admin.post(`/api/ai/keys/${key.id}/rotate`)).body;
      await follows('the new secret works', rotated.key, 200);
      await follows('the old one does not', key.key, 401);
      await until('its use is in the ledger', async () =>
        (await admin.get(`/api/ai/keys/${key.id}/usage?from=2020-01-01&granularity=total`)).body.usage[0]?.requests >= 4, 20);
      assert.equal((await admin.post(`/api/ai/keys/${key.id}/revoke`)).body.state, 'revoked');
      await follows('a revoked key does not work', rotated.key, 401);
    });

    it('holds a policy above keys, and lets go of it', async () => {
      await made('/api/teams', { id: 'ads', name: 'Ads' });
      const key = await made('/api/ai/keys', { label: 'ads', team: 'ads' });
      await follows('the key works', key.key, 200);
      const policy = await made('/api/ai/policies', { name: 'no ads', scope: 'team', scope_id: 'ads', policy: { blocked_models: ['*'] } });
      await follows('the team may not call', key.key, 403);
      assert.equal((await admin.patch(`/api/ai/policies/${policy.id}`, { policy: {}, version: 1 })).body.version, 2);
      await follows('the team may call', key.key, 200);
      assert.equal((await admin.get('/api/ai/policies')).body.policies.length, 1);
      assert.equal((await admin.get(`/api/ai/policies/${policy.id}`)).body.scope_id, 'ads');
      assert.equal((await admin.delete(`/api/ai/policies/${policy.id}?version=2`)).status, 204);
    });

    it('holds a budget of a team, whatever key of it spends', async () => {
      const keys = [];
      for (const label of ['one', 'two']) keys.push(await made('/api/ai/keys', { label, team: 'budgeted' }));
      for (const key of keys) await follows('the key works', key.key, 200);
      await until('the ledger has both', async () => (await admin.get('/api/ai/requests?team=budgeted&from=2020-01-01')).body.requests.length >= 2, 20);
      const budget = await made('/api/budgets', { name: 'none', scope: 'team', scope_id: 'budgeted', period: 'total', limit: '0.000000000001' });
      assert.notEqual(budget.spent, '0', 'what was spent before counts');
      assert.equal(budget.remaining, '0');
      for (const key of keys) await follows('nothing is left', key.key, 429);
      assert.equal((await admin.patch(`/api/budgets/${budget.id}`, { limit: '1000' })).status, 200);
      for (const key of keys) await follows('there is more', key.key, 200);
      assert.equal((await admin.get('/api/budgets?scope=team')).body.budgets.length, 1);
      assert.equal((await admin.get(`/api/budgets/${budget.id}`)).body.limit, '1000');
      assert.equal((await admin.delete(`/api/budgets/${budget.id}`)).status, 204);
    });

    it('keeps teams, members and projects', async () => {
      assert.equal((await admin.post('/api/users', { id: 'lead', email: 'lead@example.com', role: 'user', password: 'a long password' })).status, 201);
      assert.equal((await admin.post('/api/teams/ads/members/lead', { role: 'manager' })).status, 204);
      const lead = await nobody.program({ email: 'lead@example.com', password: 'a long password' });
      assert.deepEqual((await lead.get('/api/teams')).body.teams.map((team) => team.id), ['ads']);
      assert.equal((await lead.get('/api/teams/ads/members')).body.members[0].role, 'manager');
      assert.equal((await lead.post('/api/projects', { id: 'banner', team: 'ads' })).status, 201);
      assert.equal((await lead.patch('/api/projects/banner', { name: 'Banner' })).body.version, 2);
      assert.equal((await lead.get('/api/projects')).body.projects.length, 1);
      assert.equal((await lead.get('/api/projects/banner')).body.team, 'ads');
      assert.equal((await lead.post('/api/ai/keys', { label: 'x', team: 'search' })).status, 403);
      assert.equal((await admin.patch('/api/teams/ads', { name: 'Advertising' })).body.name, 'Advertising');
      assert.equal((await admin.get('/api/teams/ads')).body.version, 2);
      assert.equal((await admin.delete('/api/teams/ads')).status, 409);
      assert.equal((await lead.delete('/api/projects/banner')).status, 204);
      assert.equal((await admin.delete('/api/teams/ads/members/lead')).status, 204);
      assert.equal((await lead.get('/api/teams')).status, 403);
      await made('/api/teams', { id: 'empty' });
      assert.equal((await admin.delete('/api/teams/empty')).status, 204);
    });

    it('does the same from the command line, in the same log', async () => {
      const cli = (...words) => {
        const done = pulse.cli(...words);
        assert.equal(done.status, 0, done.stderr);
        return done.stdout;
      };
      const key = JSON.parse(cli('keys', 'create', '--label', 'cli', '--team', 'search', '--expires', '30d', '--json'));
      await follows('the key works', key.key, 200);
      const shown = cli('keys', 'show', key.id);
      for (const part of ['cli', 'search', 'policy', 'until']) assert.ok(shown.includes(part), part);
      const changed = JSON.parse(cli('keys', 'update', key.id, '--label', 'renamed', '--project', 'ranking', '--team', '-',
        '--expires', '-', '--policy', '{"blocked_models":["gpt-*"]}', '--json'));
      assert.equal(changed.label, 'renamed');
      assert.equal(changed.team, '');
      assert.equal(changed.project, 'ranking');
      assert.equal(changed.expires_at, null);
      await follows('its policy holds', key.key, 403);
      const wrong = pulse.cli('keys', 'update', key.id, '--policy', '{"budgets":[{"scope":"team","period":"day","limit":"1"}]}');
      assert.notEqual(wrong.status, 0);
      assert.match(wrong.stderr, /names no team/);
      cli('keys', 'update', key.id, '--policy', '-');
      await follows('or none', key.key, 200);
      const rotated = JSON.parse(cli('keys', 'rotate', key.id, '--json'));
      await follows('the old secret ends', key.key, 401);
      await follows('the new one works', rotated.key, 200);
      cli('keys', 'revoke', key.id);
      await follows('until it is revoked', rotated.key, 401);
      assert.match(cli('keys', 'list'), /revoked\s+renamed/);
      const { entries } = (await admin.get(`/api/audit?target_id=${key.id}`)).body;
      assert.deepEqual(entries.map((entry) => entry.action),
        ['key.revoke', 'key.rotate', 'key.update', 'key.update', 'key.create']);
      assert.ok(entries.every((entry) => entry.actor_kind === 'command_line'));
      assert.equal(pulse.cli('audit', 'verify').status, 0);
    });

    it('was seen to do all that its document promises', () => {
      const here = ['keys and limits', 'teams and projects'];
      const missing = document.operations.filter((operation) => here.includes(operation.tags[0]))
        .map((operation) => operation.operationId).filter((id) => !document.seen.has(id));
      assert.deepEqual(missing, []);
    });
  });
}
