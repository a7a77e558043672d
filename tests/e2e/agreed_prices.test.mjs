// Prices that an organisation, a team or a key agreed on, from a catalogue file: in force for the call's cost, its estimate,
// what it reserves, `pulse prices cost` and re-rating, to the last digit.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { FakeProvider } from './fake_provider.mjs';
import { KEY, keyNamed, providerAt, Pulse, until } from './pulse_process.mjs';

// gpt-4o is 2.50 in and 10.00 out a million; the provider bills 12 and 5.
const LIST = '0.00008';
const TWO_THIRDS = '0.000053333333'; // 0.00002 + 0.0000333333333…, rounded once a line

let provider;
let pulse;
let ids;

const agree = (overrides, models = []) => {
  writeFileSync(path.join(pulse.folder, 'agreed.json'), JSON.stringify({
    schema: 1, version: 'agreed', sources: [{ name: 'contract', ref: 'offer 17', licence: 'own' }], models, overrides,
  }));
  pulse.rewriteConfig({ pricing: { catalog: ['agreed.json'] } });
  pulse.child.kill('SIGHUP');
};
const cost = async (name, body = {}) => {
  const answer = await pulse.chat({ model: 'gpt-4o', ...body }, { key: name === 'main' ? KEY : keyNamed(name) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.headers.get('x-pulse-cost');
};
const becomes = (wanted, name) => until(`a call of ${name} costs ${wanted}`, async () => (await cost(name)) === wanted);

before(async () => {
  provider = await new FakeProvider().start();
  const openai = providerAt(provider);
  delete openai.prices;
  pulse = await Pulse.start({ config: { providers: { openai } }, keys: { partner: {}, other: {} } });
  const listed = JSON.parse(pulse.cli('keys', 'list', '--json').stdout);
  ids = Object.fromEntries(listed.map(({ label, id }) => [label, id]));
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

describe('agreed prices', () => {
  it('change what the key pays, exactly, and nothing for the others', async () => {
    assert.equal(await cost('partner'), LIST);
    agree([{ key: ids.partner, multiplier: '2/3' }]);
    await becomes(TWO_THIRDS, 'partner');
    assert.equal(await cost('other'), LIST);
    assert.equal(await cost('main'), LIST);
  });

  it('are in the row, whose price version names them', async () => {
    const answer = await pulse.chat({ model: 'gpt-4o' }, { key: keyNamed('partner') });
    const record = await pulse.record(answer.headers.get('x-pulse-request-id'), keyNamed('partner'));
    assert.equal(record.cost, TWO_THIRDS);
    assert.equal(record.cost_status, 'exact');
    const other = await pulse.chat({ model: 'gpt-4o' }, { key: keyNamed('other') });
    assert.equal((await pulse.record(other.headers.get('x-pulse-request-id'), keyNamed('other'))).price_version, record.price_version);
    assert.match(record.price_version, /\+[0-9a-f]{8}$/);
  });

  it('are in the estimate', async () => {
    const estimate = async (name) => (await pulse.post('/v1/pulse/estimate',
      { model: 'gpt-4o', max_tokens: 30, messages: [{ role: 'user', content: 'x '.repeat(3000) }] }, { key: keyNamed(name) })).json();
    const [list, agreed] = [await estimate('other'), await estimate('partner')];
    assert.equal(list.tokens.input, agreed.tokens.input);
    const pico = ({ cost: { expected } }) => BigInt(Math.round(Number(expected) * 1e12));
    const apart = pico(list) * 2n - pico(agreed) * 3n;
    assert.ok(apart >= -3n && apart <= 3n, `${list.cost.expected} and ${agreed.cost.expected}`);
    assert.ok(Number(agreed.cost.worst_case) >= Number(agreed.cost.expected));
  });

  it('are what `pulse prices cost` says', () => {
    const input = JSON.stringify({ provider: 'openai', model: 'gpt-4o', key: ids.partner, usage: { input_tokens: 12, output_tokens: 5 } });
    writeFileSync(path.join(pulse.folder, 'case.jsonl'), input);
    const { stdout, stderr } = pulse.cli('prices', 'cost', 'case.jsonl');
    const line = JSON.parse(stdout);
    assert.equal(line.usd, TWO_THIRDS, stderr);
    assert.equal(line.usd_exact, '1/18750');
  });

  it('are what `pulse prices show` and `list` name', () => {
    assert.match(pulse.cli('prices', 'show', 'gpt-4o').stdout, new RegExp(`agreed +key ${ids.partner}: × 2/3\n`));
    const { agreed } = JSON.parse(pulse.cli('prices', 'list', '--provider', 'sandbox', '--json').stdout);
    assert.deepEqual(agreed, [{ key: ids.partner, multiplier: '2/3' }]);
  });

  it('that are dearer are reserved: a budget of the list price is not passed', async () => {
    const budget = { budgets: [{ limit: '0.02', period: 'total', currency: 'USD' }] };
    const made = pulse.cli('keys', 'create', '--label', 'dear', '--policy', JSON.stringify(budget), '--json');
    assert.equal(made.status, 0, made.stderr);
    const { id, key } = JSON.parse(made.stdout);
    const ask = { model: 'gpt-4o', max_tokens: 900, messages: [{ role: 'user', content: 'hi' }] }; // 0.009 and a little
    await until('the key is known', async () => (await pulse.chat(ask, { key })).status === 200);
    agree([{ key: ids.partner, multiplier: '2/3' }, { key: id, multiplier: '50' }]);
    await until('its calls are refused', async () => (await pulse.chat(ask, { key })).status === 429);
    assert.equal(await cost('partner'), TWO_THIRDS);
  });

  it('take the narrowest owner, then the narrowest subject, and only that one', async () => {
    agree([
      { multiplier: '0.9' },
      { org: 'default', multiplier: '0.8' },
      { team: 'search', multiplier: '0.5' },
      { team: 'search', model: 'gpt-4o', class: 'output', amount_pico: 1000000000000 },
      { key: ids.partner, provider: 'nobody', multiplier: '0.1' },
    ]);
    await becomes('0.00002', 'main'); // 12 × 1.25 and 5 × 1 a million
    assert.equal(await cost('other'), '0.000064');
    assert.equal(await cost('partner'), '0.000064');
  });

  it('hold from and until their days', async () => {
    agree([
      { key: ids.partner, multiplier: '0.5', valid_to: '2020-01-01' },
      { key: ids.other, multiplier: '0.5', valid_from: '2020-01-01', valid_to: '2199-01-01' },
    ]);
    await becomes('0.00004', 'other');
    assert.equal(await cost('partner'), LIST);
  });

  it('are what rows are re-rated by', async () => {
    const answer = await pulse.chat({ model: 'gpt-4o' }, { key: keyNamed('partner') });
    const id = answer.headers.get('x-pulse-request-id');
    const { ts } = await pulse.record(id, keyNamed('partner'));
    agree([{ key: ids.partner, multiplier: '1/4' }]);
    const span = ['--from', ts, '--to', '2200-01-01'];
    await until('the row is in the ledger', () => JSON.parse(pulse.cli('prices', 'rerate', '--json', '--dry-run', ...span).stdout).rows > 0);
    const { stdout, status, stderr } = pulse.cli('prices', 'rerate', '--json', ...span);
    assert.equal(status, 0, stderr);
    assert.equal(JSON.parse(stdout).changed, 1);
    assert.equal((await pulse.record(id, keyNamed('partner'))).cost, '0.00002');
  });

  it('that cannot be read keep the old ones in force and say where', async () => {
    agree([{ key: ids.partner, multiplier: '1/4' }]);
    await becomes('0.00002', 'partner');
    agree([{ key: ids.partner, multiplier: '1/4' }, { key: 'k', multiplier: '-1' }]);
    await until('the log says it', () => /overrides\[1\]\.multiplier/.test(pulse.output));
    assert.equal(await cost('partner'), '0.00002');
  });
});
