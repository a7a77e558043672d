// LiteLLM's management paths with an admin's access token as the master key: a program that moves over makes, reads, changes and
// ends its keys, and the gateway holds what they say. Every answer fits the document.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ADMIN, ApiDocument, Caller } from './console_client.mjs';
import { FakeProvider } from './fake_provider.mjs';
import { providerAt, Pulse, until } from './pulse_process.mjs';

describe("LiteLLM's management paths", () => {
  let provider;
  let pulse;
  let document;
  let master;
  let token;

  const call = async (key, model = 'gpt-4o-mini') => {
    const answer = await pulse.chat({ model }, { key });
    await answer.arrayBuffer();
    return answer.status;
  };
  const follows = (what, key, status, model) => until(what, async () => (await call(key, model)) === status, 5);
  const post = async (path, body) => {
    const answer = await master.post(path, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };

  before(async () => {
    provider = await new FakeProvider().start();
    pulse = await Pulse.start({
      config: {
        providers: { fake: { ...providerAt(provider), models: ['gpt-4o-mini', 'gpt-*'] } },
        models: { smart: { targets: [{ provider: 'fake', model: 'gpt-4o-mini' }] } },
        bootstrap: { admin: ADMIN },
      },
    });
    const origin = `http://127.0.0.1:${pulse.consolePort}`;
    document = await ApiDocument.read(origin);
    const nobody = new Caller(origin, document);
    const browser = await nobody.browser(ADMIN);
    token = (await browser.post('/api/auth/tokens', { label: 'master key' })).body.token;
    master = nobody.withToken(token);
  });
  after(async () => {
    await pulse?.stop();
    await provider?.stop();
  });

  it('makes a key whose models, rate and end hold', async () => {
    const key = await post('/key/generate', { models: ['gpt-4o-mini'], rpm_limit: 2, duration: '30d', key_alias: 'app', user_id: 'ada',
      metadata: { env: 'prod' }, permissions: {}, model_max_budget: {} });
    assert.match(key.key, /^sk-pulse-/);
    await follows('the key works', key.key, 200);
    assert.equal(await call(key.key, 'gpt-4o'), 403);
    await follows('two a minute', key.key, 429);
    const { info } = (await master.get(`/key/info?key=${key.key}`)).body;
    assert.equal(info.key_alias, 'app');
    assert.equal(info.rpm_limit, 2);
    assert.deepEqual(info.metadata, { env: 'prod' });
    assert.ok((await master.get('/key/list')).body.keys.includes(key.token));
    await post('/key/update', { key: key.key, rpm_limit: null });
    await follows('no rate any more', key.key, 200);
  });

  it('holds max_budget to the last digit, and says what is spent', async () => {
    const key = await post('/key/generate', { max_budget: 1e-7, budget_duration: '30d' });
    assert.equal(key.max_budget, 1e-7);
    await follows('too little for any call', key.key, 429);
    await post('/key/update', { key: key.key, max_budget: 5 });
    await follows('enough', key.key, 200);
    await until('the ledger has it', async () => (await master.get(`/key/info?key=${key.token}`)).body.info.spend > 0, 20);
    const logs = (await master.get(`/spend/logs?api_key=${key.key}`)).body;
    assert.ok(logs.some((row) => row.spend > 0 && row.api_key === key.token));
    const day = new Date().toISOString().slice(0, 10);
    const [today] = (await master.get(`/spend/logs?start_date=${day}&end_date=${day}`)).body;
    assert.equal(today.startTime, day);
    assert.ok(today[key.token] > 0 && today.spend >= today[key.token]);
  });

  it('refuses what it cannot hold, naming what to do', async () => {
    for (const body of [{ model_max_budget: { 'gpt-4o': 1 } }, { max_budget: 1, budget_duration: '13h' }, { tags: ['x'] }, { unheard_of: 1 }]) {
      const answer = await master.post('/key/generate', body);
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.body.error.message, new RegExp(Object.keys(body).at(-1)));
    }
  });

  it('renews and ends keys', async () => {
    const key = await post('/key/generate', {});
    await follows('the key works', key.key, 200);
    const renewed = await post(`/key/${key.key}/regenerate`);
    await follows('the old secret ends', key.key, 401);
    const again = await post('/key/regenerate', { key: renewed.key });
    await follows('the new one works', again.key, 200);
    assert.deepEqual(await post('/key/delete', { keys: [again.key] }), { deleted_keys: [key.token] });
    await follows('until it is deleted', again.key, 401);
  });

  it('names models and makes teams', async () => {
    const names = (await master.get('/model/info')).body.data.map((entry) => entry.model_name);
    assert.deepEqual(names.sort(), ['gpt-4o-mini', 'smart']);
    const team = await post('/team/new', { team_alias: 'Search', max_budget: 2.5, budget_duration: '1mo' });
    const key = await post('/key/generate', { team_id: team.team_id });
    await follows('a key of the team works', key.key, 200);
    assert.equal((await master.get('/api/budgets')).body.budgets[0].limit, '2.5');
  });

  it('takes the master key where LiteLLM takes it, and no other', async () => {
    const origin = `http://127.0.0.1:${pulse.consolePort}`;
    assert.equal((await fetch(`${origin}/key/list`, { headers: { 'x-litellm-api-key': token } })).status, 200);
    assert.equal((await fetch(`${origin}/key/list`, { headers: { 'x-litellm-api-key': 'sk-1234' } })).status, 401);
    assert.equal((await fetch(`${origin}/key/list`)).status, 401);
  });

  it('was seen to do all that its document promises', () => {
    const missing = document.operations.filter((operation) => operation.tags[0] === 'LiteLLM')
      .map((operation) => operation.operationId).filter((id) => !document.seen.has(id));
    assert.deepEqual(missing, []);
  });
});
