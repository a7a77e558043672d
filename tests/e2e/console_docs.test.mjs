// /api/docs in Chromium: shows every operation, under its own content security policy, and asks nobody outside.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { chromium } from 'playwright-core';

import { ADMIN, ApiDocument } from './console_client.mjs';
import { Pulse } from './pulse_process.mjs';

const BROWSER = process.env.PULSE_CHROMIUM ?? '/usr/bin/chromium';

describe('the browsable documentation', { skip: existsSync(BROWSER) ? false : `no browser at ${BROWSER}` }, () => {
  let pulse;
  let origin;
  let browser;
  let page;
  let folder;
  const complaints = [];
  const asked = new Set();

  before(async () => {
    pulse = await Pulse.start({ config: { bootstrap: { admin: ADMIN } } });
    origin = `http://127.0.0.1:${pulse.consolePort}`;
    folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-docs-'));
    browser = await chromium.launch({
      executablePath: BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage'],
      env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
  });
  after(async () => {
    await browser?.close();
    await pulse?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('shows every operation of the document and asks nobody else', async () => {
    const document = await ApiDocument.read(origin);

    await page.goto(`${origin}/api/docs`);
    await page.waitForSelector('.opblock');

    const shown = await page.$$eval('.opblock', (blocks) => blocks.length);
    assert.equal(shown, document.operations.length);
    assert.deepEqual(complaints, []);
    assert.deepEqual([...asked].filter((one) => one !== origin && one !== 'null'), []);
  });

  it('lets somebody log in and change something from the page', async () => {
    const answer = await page.evaluate(async (login) => {
      const ask = (url, method, body) => window.ui.fn.fetch({
        url, method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' },
        requestInterceptor: window.ui.getConfigs().requestInterceptor,
      });
      await ask('/api/auth/login', 'POST', login);
      return (await ask('/api/org', 'PATCH', { name: 'From the page' })).status;
    }, ADMIN);

    assert.equal(answer, 200);
  });
});
