// What an operator does: commands beside a running gateway, reload, drain, TLS, the sandbox, wrong configurations.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { CLIENTS, clientOf, collect, MESSAGES } from './clients.mjs';
import { answerNormally, FakeProvider, sseHead, streamEvents } from './fake_provider.mjs';
import { BINARY, freePorts, keyNamed, KEY, providerAt, Pulse, sameMoney, until } from './pulse_process.mjs';

let provider;
let pulse;

before(async () => {
  provider = await new FakeProvider().start();
  pulse = await Pulse.start({ config: { providers: { fake: providerAt(provider) } } });
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

describe('commands', () => {
  it('a key that is made works within a second, and does not when it is revoked', async () => {
    const made = pulse.cli('keys', 'create', '--label', 'made', '--json', '--policy', '{"allowed_models":["gpt-4o-mini"]}');
    assert.equal(made.status, 0, made.stderr);
    const { id, key } = JSON.parse(made.stdout);
    assert.match(key, /^sk-pulse-[A-Za-z0-9]{40}$/);
    const status = async () => (await pulse.chat({ model: 'gpt-4o-mini' }, { key })).status;
    await until('the new key is known', async () => (await status()) === 200, 20);

    const revoked = pulse.cli('keys', 'revoke', id);

    assert.equal(revoked.status, 0, revoked.stderr);
    await until('the revoked key is refused', async () => (await status()) === 401, 20);
    const listed = pulse.cli('keys', 'list', '--json');
    assert.equal(listed.status, 0, listed.stderr);
    assert.ok(listed.stdout.includes(id) && !listed.stdout.includes(key));
  });

  it('a key that is changed obeys its new policy', async () => {
    const { id, key } = JSON.parse(pulse.cli('keys', 'create', '--label', 'changed', '--json').stdout);
    await until('the new key is known', async () => (await pulse.chat({ model: 'gpt-4o' }, { key })).status === 200, 20);

    const updated = pulse.cli('keys', 'update', id, '--policy', '{"blocked_models":["gpt-4o"]}');

    assert.equal(updated.status, 0, updated.stderr);
    await until('the policy holds', async () => (await pulse.chat({ model: 'gpt-4o' }, { key })).status === 403, 20);
  });

  it('version, doctor, config check, config default and migrate status answer', () => {
    const version = spawnSync(BINARY, ['version'], { encoding: 'utf8' });
    assert.equal(version.status, 0);
    assert.match(version.stdout, /\d+\.\d+\.\d+/);
    assert.equal(pulse.cli('config', 'check').status, 0);
    const byDefault = spawnSync(BINARY, ['config', 'default'], { encoding: 'utf8' });
    assert.equal(byDefault.status, 0);
    assert.match(byDefault.stdout, /listen: .*8080/);
    assert.equal(pulse.cli('migrate', 'status').status, 0);
    const doctor = pulse.cli('doctor');
    assert.ok(doctor.stdout.length > 0, doctor.stderr);
  });

  it('wrong usage ends with 2', () => {
    assert.equal(spawnSync(BINARY, ['no-such-command'], { encoding: 'utf8' }).status, 2);
    assert.equal(pulse.cli('keys', 'create', '--no-such-option').status, 2);
  });

  it('a backup of the running gateway comes back where nothing is yet', () => {
    const made = pulse.cli('backup', '--json');
    assert.equal(made.status, 0, made.stderr);
    const { file } = JSON.parse(made.stdout);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-restored-'));
    const config = path.join(folder, 'check.yaml');
    writeFileSync(config, 'store: { url: "sqlite:check.db", spool: { path: check-spool/ } }\n');
    const there = (...words) => spawnSync(BINARY, [...words, '--config', config], { encoding: 'utf8' });

    const restored = there('restore', file);
    assert.equal(restored.status, 0, restored.stderr);
    const labels = (listed) => JSON.parse(listed.stdout).map((key) => key.label).sort();
    assert.deepEqual(labels(there('keys', 'list', '--json')), labels(pulse.cli('keys', 'list', '--json')));
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('a configuration that is wrong', () => {
  const check = (yaml) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-config-'));
    const file = path.join(folder, 'pulse.yaml');
    writeFileSync(file, yaml);
    const done = spawnSync(BINARY, ['serve', '--config', file], { encoding: 'utf8', timeout: 20_000, env: {} });
    rmSync(folder, { recursive: true });
    return { ...done, text: done.stdout + done.stderr };
  };

  it('an unknown key is named with its line and what is allowed', () => {
    const { status, text } = check('gateway:\n  listen: 127.0.0.1:0\n  lisen: 1\n');

    assert.equal(status, 2, text);
    assert.match(text, /pulse\.yaml:3.*lisen/);
    assert.match(text, /listen/);
  });

  it('a wrong value is named with what is allowed', () => {
    for (const [yaml, word] of [
      ['gateway:\n  threads: many\n', 'threads'], ['gateway:\n  max_body: 32MB!\n', 'max_body'], ['policy:\n  budget_status: 418\n', 'budget_status'],
      ['store:\n  url: mongodb://x\n', 'url'], ['providers:\n  a: { kind: nonsense }\n', 'kind'],
      ['providers:\n  a: { kind: openai, base_url: http://example.com/v1, api_key: x }\n', 'insecure'], ['gateway: [\n', 'pulse.yaml'],
    ]) {
      const { status, text } = check(yaml);
      assert.equal(status, 2, `${yaml}${text}`);
      assert.match(text, new RegExp(word), yaml);
    }
  });

  it('secrets are not shown', () => {
    const { text } = check('providers:\n  a: { kind: nonsense, api_key: sk-very-secret }\n');

    assert.ok(!text.includes('sk-very-secret'), text);
  });
});

describe('the console and metrics ports', () => {
  it('say what was built, without a login', async () => {
    const answer = await fetch(`http://127.0.0.1:${pulse.consolePort}/api/build-info`);

    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(await answer.json()).sort(), ['built_at', 'commit', 'compiler', 'version']);
  });

  it('serve metrics that promise what the contract names', async () => {
    await pulse.chat({ model: 'gpt-4o-mini' });
    const text = await pulse.metrics();

    for (const name of ['pulse_requests_total', 'pulse_request_duration_seconds', 'pulse_overhead_seconds', 'pulse_tokens_total', 'pulse_cost_usd_total', 'pulse_inflight_requests', 'pulse_upstream_attempts_total', 'pulse_upstream_connections', 'pulse_spool_records', 'pulse_spool_bytes', 'pulse_rows_written_total', 'pulse_reservations_open', 'pulse_build_info']) {
      assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'), name);
    }
    assert.ok(!text.includes(KEY));
  });
});

describe('signals', () => {
  it('SIGTERM lets a stream end, refuses new work, and ends with 0', async () => {
    const draining = await Pulse.start({ config: { providers: { fake: providerAt(provider) } } });
    let release;
    provider.on('test-drain', async (request, response) => {
      const events = streamEvents('test-drain', ['before', 'after'], { includeUsage: true });
      sseHead(response);
      response.write(events.slice(0, 2).join(''));
      await new Promise((resolve) => { release = resolve; });
      response.end(events.slice(2).join(''));
    });
    const answer = await draining.chat({ model: 'test-drain', stream: true });
    const reader = answer.body.getReader();
    let text = Buffer.from((await reader.read()).value).toString();

    draining.child.kill('SIGTERM');
    await until('/readyz is no longer 200, or nothing listens', async () => {
      const ready = await fetch(`${draining.origin}/readyz`, { headers: { connection: 'close' } }).catch(() => undefined);
      return ready?.status !== 200;
    });
    release();
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += Buffer.from(part.value).toString();
    const [code] = await draining.exited;

    assert.ok(text.includes('after') && text.endsWith('data: [DONE]\n\n'), text);
    assert.equal(code, 0);
    await draining.stop();
  });

  it('SIGHUP takes a new provider in, and a broken file changes nothing', async () => {
    const reloading = await Pulse.start({ config: { providers: { fake: providerAt(provider) } } });
    const status = async (model) => (await reloading.chat({ model })).status;
    assert.equal(await status('late-model'), 404);

    reloading.rewriteConfig({ providers: { late: providerAt(provider, { models: ['late-*'] }) } });
    reloading.child.kill('SIGHUP');
    await until('the new provider serves', async () => (await status('late-model')) === 200);
    writeFileSync(reloading.configFile, 'gateway: { nonsense: 1 }\n');
    reloading.child.kill('SIGHUP');
    await until('the log says so', () => /nonsense/.test(reloading.output));

    assert.equal(await status('late-model'), 200);
    await reloading.stop();
  });
});

describe('the sandbox', () => {
  let sandbox;
  before(async () => { sandbox = await Pulse.start(); });
  after(async () => sandbox?.stop());

  for (const { name, OpenAI } of CLIENTS) {
    it(`answers ${name} without an account anywhere, priced and marked`, async () => {
      const { client } = clientOf(OpenAI, sandbox);
      const models = [];
      for await (const model of client.models.list()) models.push(model.id);
      const model = models.find((id) => id.includes('sandbox')) ?? models[0];

      const { data, response } = await client.chat.completions.create({ model, messages: MESSAGES }).withResponse();
      const streamed = await collect(await client.chat.completions.create({
        model, messages: MESSAGES, stream: true, stream_options: { include_usage: true },
      }));

      assert.ok(data.choices[0].message.content.length > 0);
      assert.match(Array.from(response.headers).join(), /sandbox/);
      assert.ok(Number(response.headers.get('x-pulse-cost')) > 0);
      const record = await sandbox.record(response.headers.get('x-pulse-request-id'));
      assert.ok(sameMoney(record.cost, response.headers.get('x-pulse-cost')));
      assert.ok(streamed.text.length > 0 && streamed.chunks.at(-1).usage.cost > 0);
      assert.equal((await client.chat.completions.create({ model, messages: MESSAGES })).choices[0].message.content, data.choices[0].message.content);
    });
  }
});

describe('the first start in a data folder', () => {
  const hasCurl = spawnSync('curl', ['--version']).status === 0;

  it('prints a key once and a curl line that works as printed; a second start says where the first one is', { skip: !hasCurl && 'no curl command' }, async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-first-'));
    const ports = await freePorts(3);
    const data = path.join(folder, 'data');
    const start = () => {
      const child = spawn(BINARY, ['serve', '--data', data], { cwd: folder, env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
      const started = { child, text: '', exited: once(child, 'exit') };
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => { started.text += part; });
      return started;
    };
    // The folder's own file only moves the ports; everything else is what a newcomer gets.
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(path.join(data, 'pulse.yaml'), ['gateway', 'console', 'metrics'].map((part, i) => `${part}: { listen: "127.0.0.1:${ports[i]}" }\n`).join(''));
    const first = start();
    try {
      const line = await until('a curl line', () => /^ *(curl .*)$/m.exec(first.text)?.[1], 20);
      const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
      assert.match(stdout, /^HTTP\/1\.1 200 OK/, stdout + stderr);
      const [, cost] = /x-pulse-cost: (\S+)/.exec(stdout);
      const [, id] = /x-pulse-request-id: (\S+)/.exec(stdout);
      const [key] = /sk-pulse-[A-Za-z0-9]{40}/.exec(first.text);
      const record = await until('the record', async () => {
        const answer = await fetch(`http://127.0.0.1:${ports[0]}/v1/pulse/requests/${id}`, { headers: { authorization: `Bearer ${key}` } });
        return answer.status === 200 ? answer.json() : undefined;
      }, 2);
      assert.equal(record.cost, cost);

      const second = start();
      const [code] = await second.exited;
      assert.notEqual(code, 0);
      assert.match(second.text, new RegExp(`running.*${ports[0]}|${ports[0]}.*running`, 's'));
      assert.equal(statSync(data).mode & 0o777, 0o700);

      first.child.kill('SIGTERM');
      assert.deepEqual(await first.exited, [0, null]);
      const third = start();
      await until('it runs again', () => /curl /.test(third.text), 20);
      assert.ok(!third.text.includes(key), 'a key is shown once');
      third.child.kill('SIGTERM');
      assert.deepEqual(await third.exited, [0, null]);
    } finally {
      first.child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('TLS', () => {
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  let folder;
  before(() => {
    if (!hasOpenssl) return;
    folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-tls-'));
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: folder });
    assert.equal(made.status, 0, String(made.stderr));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  it('listens with a certificate, and verifies the provider\'s', { skip: !hasOpenssl && 'no openssl command' }, async () => {
    const file = (name) => path.join(folder, name);
    const secure = https.createServer({ key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) }, (request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part)).on('end', () =>
        answerNormally({ url: request.url, headers: request.headers, json: JSON.parse(Buffer.concat(parts)) }, response));
    }).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const base_url = `https://localhost:${secure.address().port}/v1`;
    const tls = await Pulse.start({
      ready: false,
      config: {
        gateway: { tls: { certificate: file('cert.pem'), private_key: file('key.pem') } },
        providers: {
          trusted: providerAt(provider, { base_url, ca: file('cert.pem'), models: ['trusted-*'] }),
          untrusted: providerAt(provider, { base_url, models: ['untrusted-*'] }),
        },
      },
    });
    const ask = (model) => new Promise((resolve, reject) => {
      const request = https.request({
        host: '127.0.0.1', servername: 'localhost', port: tls.port, method: 'POST', path: '/v1/chat/completions', ca: readFileSync(file('cert.pem')), agent: false,
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      }, (answer) => {
        let text = '';
        answer.on('data', (part) => { text += part; }).on('end', () => resolve({ status: answer.statusCode, text }));
      }).on('error', reject);
      request.end(JSON.stringify({ model, messages: MESSAGES }));
    });
    await until('it listens', () => ask('no-such-model').then((answer) => answer.status === 404, () => false), 20);

    const trusted = await ask('trusted-model');
    const untrusted = await ask('untrusted-model');

    assert.equal(trusted.status, 200, trusted.text);
    assert.equal(untrusted.status, 502, untrusted.text);
    await tls.stop();
    secure.closeAllConnections();
    secure.close();
  });
});

describe('addresses', () => {
  it('IPv6 is served as IPv4 is', { skip: !Object.values(os.networkInterfaces()).flat().some((one) => one.address === '::1') && 'no IPv6 loopback' }, async () => {
    const [port] = await freePorts(1);
    const six = await Pulse.start({ ready: false, config: { gateway: { listen: `[::1]:${port}` }, providers: { fake: providerAt(provider) } } });

    await until('it answers on [::1]', () => fetch(`http://[::1]:${port}/readyz`).then((answer) => answer.status === 200, () => false), 20);

    await six.stop();
  });

  it('a port that is taken is named, and nothing starts', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    const taken = await Pulse.start({ ready: false, config: { gateway: { listen: `127.0.0.1:${port}` } } });

    const [code] = await taken.exited;

    assert.equal(code, 2, taken.output);
    assert.match(taken.output, new RegExp(`${port}`));
    server.close();
    await taken.stop().catch(() => {});
    assert.equal((await pulse.chat({ model: 'gpt-4o-mini' }, { key: keyNamed('main') })).status, 200);
  });
});
