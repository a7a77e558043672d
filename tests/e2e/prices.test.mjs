// `pulse prices` as people call it: cases in, costs out, exit codes, files that read back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { BINARY, FIXTURES as ALL_FIXTURES } from './pulse_process.mjs';

const FIXTURES = path.join(ALL_FIXTURES, 'pricing');
const CATALOGUES = { genai: 'genai-prices-0.1.8.json', litellm: 'litellm-2026-08-01.json' };
const WITHOUT = existsSync(path.join(FIXTURES, 'vectors.json')) ? false : `no price cases in ${FIXTURES}`;

function prices(args, input = '') {
  const env = { ...process.env, PULSE_CONFIG: '' };
  return spawnSync(BINARY, ['prices', ...args], { input, env, encoding: 'utf8', maxBuffer: 1 << 28 });
}

const lines = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line));

describe('pulse prices cost', () => {
  for (const [name, file] of Object.entries(CATALOGUES)) {
    it(`equals every recorded case of ${name}`, { skip: WITHOUT }, () => {
      const { vectors } = JSON.parse(readFileSync(path.join(FIXTURES, 'vectors.json'), 'utf8'));
      const cases = vectors.filter((entry) => entry.catalogue === name);
      const input = cases.map((entry) => JSON.stringify(entry)).join('\n');

      const result = prices(['cost', '--catalog', path.join(FIXTURES, file), '--format', name], input);

      assert.equal(result.status, 0, result.stderr);
      const got = lines(result.stdout);
      assert.equal(got.length, cases.length);
      cases.forEach((entry, i) => {
        assert.equal(got[i].id, entry.id);
        assert.equal(got[i].picousd, entry.expect.picousd_half_up, entry.id);
        assert.equal(got[i].picousd_ceil, entry.expect.picousd_ceil, entry.id);
        assert.equal(got[i].usd_exact, entry.expect.usd_exact, entry.id);
      });
    });
  }

  it('prints the members of the contract and uses the built-in prices', () => {
    const result = prices(
      ['cost'],
      '{"provider":"sandbox","model":"sandbox-large","usage":{"input_tokens":1000,"output_tokens":100}}\n',
    );

    assert.equal(result.status, 0, result.stderr);
    const [cost] = lines(result.stdout);
    assert.equal(cost.usd, '0.006');
    assert.equal(cost.picousd, '6000000000');
    assert.equal(cost.picousd_ceil, '6000000000');
    assert.equal(cost.matched, 'sandbox-large');
    assert.equal(cost.status, 'exact');
    assert.deepEqual(cost.warnings, []);
    assert.equal(cost.lines.length, 2);
    assert.match(cost.price_version, /^\d{4}-\d{2}-\d{2}/);
  });

  it('names the line of a wrong case, answers the others in order, and ends with 1', () => {
    const good = '{"provider":"sandbox","model":"sandbox-large","usage":{"input_tokens":1}}';

    const result = prices(['cost'], `${good}\n\n{"model":"x"}\nnot json\n${good}\n`);

    assert.equal(result.status, 1);
    const got = lines(result.stdout);
    assert.equal(got.length, 4);
    assert.equal(got[0].status, 'exact');
    assert.match(got[1].error.message, /^line 3: usage: is missing$/);
    assert.match(got[2].error.message, /^line 4: no JSON/);
    assert.equal(got[3].status, 'exact');
    assert.match(result.stderr, /line 3: usage: is missing/);
  });

  it('ends with 2 when it is called wrongly', () => {
    assert.equal(prices(['cost', '--catalog', '/nowhere.json']).status, 2);
    assert.equal(prices(['cost', '--format', 'genai']).status, 2);
    assert.equal(prices(['cost', '/nowhere.jsonl']).status, 2);
    assert.equal(prices(['cost', '--colour']).status, 2);
    assert.equal(prices([]).status, 2);
  });
});

describe('pulse prices list, show, check and import', () => {
  let folder;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-prices-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('lists and shows models', () => {
    const list = prices(['list', '--provider', 'sandbox', '--json']);
    assert.equal(list.status, 0, list.stderr);
    assert.deepEqual(
      JSON.parse(list.stdout).models.map(({ id }) => id),
      ['sandbox-embedding', 'sandbox-large', 'sandbox-small'],
    );
    const show = prices(['show', 'gpt-4o', '--json']);
    assert.equal(show.status, 0, show.stderr);
    assert.equal(JSON.parse(show.stdout).provider, 'openai');
    assert.match(prices(['show', 'openai/gpt-4o']).stdout, /input +2\.5 \/ 1M +genai/);
    assert.equal(prices(['show', 'nobody-knows']).status, 2);
  });

  it('imports both upstream files to a catalogue that the configuration loads', { skip: WITHOUT }, () => {
    const files = Object.values(CATALOGUES).map((file) => path.join(FIXTURES, file));
    const out = path.join(folder, 'prices.json');

    const imported = prices(['import', ...files, '--date', '2026-08-01', '--out', out, '--json']);

    assert.equal(imported.status, 0, imported.stderr);
    assert.ok(JSON.parse(imported.stdout).models > 3000);
    const config = path.join(folder, 'pulse.yaml');
    writeFileSync(config, 'pricing:\n  catalog: [prices.json]\n');
    const cost = prices(
      ['cost', '--config', config],
      '{"provider":"bedrock","model":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","usage":{"input_tokens":100000}}\n',
    );
    assert.equal(cost.status, 0, cost.stderr);
    assert.equal(lines(cost.stdout)[0].usd, '0.33');
    writeFileSync(out, readFileSync(out, 'utf8').replace('"amount_pico": 2', '"amount_pico": 3'));
    const changed = prices(['cost', '--config', config], '');
    assert.equal(changed.status, 2);
    assert.match(changed.stderr, /sha256/);
  });

  it('reports what a file holds and refuses one that breaks the guards', { skip: WITHOUT }, () => {
    const genai = path.join(FIXTURES, CATALOGUES.genai);
    const check = prices(['check', genai, '--format', 'genai', '--date', '2026-08-01', '--json']);
    assert.equal(check.status, 0, check.stderr);
    const report = JSON.parse(check.stdout);
    assert.equal(report.ok, true);
    assert.ok(report.files[0].exact / report.files[0].prices >= 0.995);

    const wrong = path.join(folder, 'wrong.json');
    writeFileSync(
      wrong,
      JSON.stringify({ 'gpt-4o': { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 0.0025 } }),
    );
    const refused = prices(['check', wrong, '--format', 'litellm']);
    assert.equal(refused.status, 1);
    assert.match(refused.stdout, /factor of ten/);
    const target = path.join(folder, 'never.json');
    assert.equal(prices(['import', wrong, '--format', 'litellm', '--out', target]).status, 1);
    assert.ok(!existsSync(target));
    assert.equal(prices(['import', wrong, '--format', 'litellm', '--out', target, '--acknowledge']).status, 0);
    writeFileSync(
      wrong,
      JSON.stringify({ 'gpt-4o': { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: -1e-6 } }),
    );
    assert.match(prices(['check', wrong, '--acknowledge']).stdout, /refused: .*is negative/);
    assert.equal(prices(['check', wrong, '--format', 'csv']).status, 2);
    assert.equal(prices(['check', wrong, '--against', genai, '--acknowledge']).status, 1, 'models are gone');
  });

  it('says of garbage of every kind what is wrong, writes nothing and does not go by it', () => {
    const entry = (price) => `{"gpt-4o":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":${price}}}`;
    const pulse = (more) => JSON.stringify({ schema: 1, version: 'v', sources: [{ name: 's', ref: 'r', licence: 'l' }], models: [], ...more });
    const model = { provider: 'p', id: 'm', mode: 'chat' };
    const garbage = {
      'an empty file': ['', /is no catalogue; name its form/],
      bytes: [Buffer.from([0, 255, 1, 254, 0x7b]), /is no catalogue/],
      HTML: ['<html>moved</html>', /is no catalogue/],
      null: ['null', /is no catalogue/],
      'a cut file': ['{"gpt-4o":{"litellm_provider":"op', /no JSON: /],
      'a hundred thousand brackets': ['['.repeat(100_000), /no JSON: /],
      'no UTF-8': [Buffer.concat([Buffer.from('{"m'), Buffer.from([255]), Buffer.from('":{}}')]), /not valid UTF-8/],
      'an empty list': ['[]', /refused: there is no price in it/],
      'an empty object': ['{}', /refused: there is no price in it/],
      'NaN for a price': [entry('NaN'), /no JSON: /],
      'a negative price': [entry('-1e-6'), /refused: .*input_cost_per_token is negative/],
      'an endless price': [entry('1e400'), /refused: .*is too large/],
      'a word for a price': [entry('"cheap"'), /refused: .*is no number/],
      'a list for a price': [entry('[1]'), /refused: .*is no number/],
      'a newer schema': [pulse({ schema: 2 }), /schema: must be a whole number from 1 to 1/],
      'a negative amount': [pulse({ models: [{ ...model, prices: [{ class: 'input', amount_pico: -5, source: 's' }] }] }),
        /models\[0\]\.prices\[0\]\.amount_pico: must be a whole number/],
      'an unknown class': [pulse({ models: [{ ...model, prices: [{ class: 'thoughts', amount_pico: 5, source: 's' }] }] }), /prices\[0\]\.class: /],
      'an unknown key': [pulse({ discounts: [] }), /discounts/],
      'a negative agreement': [pulse({ overrides: [{ key: 'k', multiplier: '-0.5' }] }), /overrides\[0\]\.multiplier: /],
      'a negative price of genai': ['[{"id":"openai","models":[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":-2.5}}]}]', /refused: .*is negative/],
      'a model of genai without a name': ['[{"id":"openai","models":[{"id":5}]}]', /must have an id/],
    };
    const out = path.join(folder, 'garbage-out.json');
    for (const [what, [content, message]] of Object.entries(garbage)) {
      const file = path.join(folder, 'garbage.json');
      writeFileSync(file, content);
      for (const command of [['check', file, '--acknowledge'], ['import', file, '--acknowledge', '--out', out]]) {
        const { status, stdout, stderr } = prices(command);
        assert.ok(status === 1 || status === 2, `${what}: ${status}`);
        assert.match(stdout + stderr, message, what);
        assert.ok(!existsSync(out), what);
      }
    }
    const agreed = path.join(folder, 'agreed.json');
    writeFileSync(agreed, pulse({ overrides: [{ key: 'k', multiplier: '2/3' }] }));
    assert.equal(prices(['check', agreed]).status, 0, 'agreements alone are a catalogue');
    for (const [words, message] of [[['check', folder], /cannot read/], [['check', '/nowhere.json'], /cannot read/],
      [['check', agreed, '--date', 'tomorrow'], /--date takes a date/], [['check', agreed, '--format', 'genai'], /must be an array of providers/],
      [['import', agreed, '--out', '/nowhere/x.json'], /cannot write/], [['check'], /file is required/]]) {
      const { status, stderr } = prices(words);
      assert.ok(status > 0);
      assert.match(stderr, message);
    }
  });
});
