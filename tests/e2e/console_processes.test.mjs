// The data plane and the console as processes of their own, on one database.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';

import { ADMIN, Caller } from './console_client.mjs';
import { FakeProvider } from './fake_provider.mjs';
import { BINARY, providerAt, Pulse, until } from './pulse_process.mjs';
import { PostgresServer, WITHOUT_POSTGRES } from './postgres_server.mjs';

describe('pulse gateway and pulse console', { skip: WITHOUT_POSTGRES }, () => {
  let provider;
  let postgres;
  let gateway;
  let child;
  let origin;
  let output = '';

  const startConsole = () => {
    child = spawn(BINARY, ['console', '--config', gateway.configFile], { cwd: gateway.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { output += text; });
  };

  before(async () => {
    provider = await new FakeProvider().start();
    postgres = await PostgresServer.start();
    gateway = await Pulse.start({
      command: 'gateway',
      config: { providers: { fake: providerAt(provider) }, bootstrap: { admin: ADMIN }, store: { url: postgres.url } },
    });
    origin = `http://127.0.0.1:${gateway.consolePort}`;
    startConsole();
  });
  after(async () => {
    child?.kill('SIGKILL');
    await gateway?.stop();
    await postgres?.stop();
    await provider?.stop();
  });

  it('the console shows what the gateway metered', async () => {
    await until('the console is ready', async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.status === 200, 20);
    const admin = await new Caller(origin).program(ADMIN);
    await (await gateway.chat({ model: 'gpt-4o-mini' })).arrayBuffer();

    const seen = await until('the call is listed', async () => (await admin.get('/api/ai/requests')).body.requests[0], 20);

    assert.equal(seen.model_served, 'gpt-4o-mini');
  });

  it('the gateway has no console, and goes on while the console is gone', async () => {
    child.kill('SIGTERM');
    assert.equal((await once(child, 'exit'))[0], 0, output);

    await assert.rejects(fetch(`${origin}/livez`));
    assert.equal((await gateway.chat({ model: 'gpt-4o-mini' })).status, 200);
  });

  it('a console answers 503 while the database is away, and then serves', async () => {
    await postgres.shutDown();
    startConsole();
    await until('it is alive', async () => (await fetch(`${origin}/livez`).catch(() => undefined))?.status === 200, 20);

    const away = await fetch(`${origin}/api/org`);
    assert.equal(away.status, 503);
    assert.ok(Number(away.headers.get('retry-after')) > 0);
    assert.equal((await away.json()).error.code, 'storage_unavailable');

    await postgres.launch();
    await until('it is ready', async () => (await fetch(`${origin}/readyz`)).status === 200, 30);
    assert.equal((await (await new Caller(origin).program(ADMIN)).get('/api/org')).status, 200);
  });
});
