// A real PostgreSQL 15 of a test's own, on loopback, in a folder of its own; as user postgres where the test is root,
// because the server refuses to be.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { freePorts, until } from './pulse_process.mjs';

const PROGRAMS = ['/usr/lib/postgresql/15/bin', '/usr/lib/postgresql/16/bin', '/usr/lib/postgresql/17/bin'];
const programs = PROGRAMS.find((folder) => existsSync(path.join(folder, 'postgres')));

/** Why there is no server to test with; undefined where there is. */
export const WITHOUT_POSTGRES = programs ? undefined : 'PostgreSQL is not installed (package postgresql-15)';

const running = new Set();
process.on('exit', () => { for (const server of running) server.kill(); });

const isRoot = process.getuid() === 0;
const identity = () => {
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};
/** As the server's user: a program's output. */
function run(program, words) {
  const done = spawnSync(path.join(programs, program), words, { encoding: 'utf8', maxBuffer: 1 << 28, ...(isRoot ? identity() : {}), cwd: '/' });
  if (done.status !== 0) throw new Error(`${program} ${words.join(' ')}: ${done.stderr || done.error}`);
  return done.stdout;
}

export class PostgresServer {
  static async start() {
    const server = new PostgresServer();
    server.folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-pg-'));
    if (isRoot) {
      const { uid, gid } = identity();
      execFileSync('chown', [`${uid}:${gid}`, server.folder]);
    }
    chmodSync(server.folder, 0o700);
    server.data = path.join(server.folder, 'data');
    [server.port] = await freePorts(1);
    run('initdb', ['-D', server.data, '-U', 'pulse', '--auth=trust', '--no-sync', '--locale=C.UTF-8', '--encoding=UTF8']);
    await server.launch();
    run('createdb', [...server.#reach, 'pulse']);
    running.add(server);
    return server;
  }

  get url() { return `postgresql://pulse@127.0.0.1:${this.port}/pulse`; }
  get #reach() { return ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'pulse']; }

  async launch() {
    const words = ['-D', this.data, '-p', String(this.port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${this.folder}`,
      '-c', 'max_connections=60', '-c', 'shared_buffers=64MB', '-c', 'fsync=on'];
    this.child = spawn(path.join(programs, 'postgres'), words, { stdio: 'ignore', cwd: '/', ...(isRoot ? identity() : {}) });
    await until('PostgreSQL takes connections', () => spawnSync(path.join(programs, 'pg_isready'), this.#reach).status === 0, 60);
  }

  /** One value a row, as text. */
  ask(sql) {
    return run('psql', [...this.#reach, '-d', 'pulse', '-X', '-A', '-t', '-c', sql]).split('\n').filter((line) => line !== '');
  }

  /** The server and all its sessions: they stand still, their sockets stay open. */
  freeze() { this.#signal('SIGSTOP'); }
  thaw() { this.#signal('SIGCONT'); }
  #signal(signal) {
    for (const pid of this.#processes()) {
      try { process.kill(pid, signal); } catch { /* gone meanwhile */ }
    }
  }
  #processes() {
    const children = readFileSync(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean);
    return [this.child.pid, ...children.map(Number)];
  }

  async end(signal) {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => { this.child.once('exit', done); });
    this.child.kill(signal);
    await ended;
  }
  /** As a crash: nothing is written any more. */
  async crash() {
    const sessions = this.#processes().slice(1);
    await this.end('SIGKILL');
    await until('its sessions are gone', () => sessions.every((pid) => !existsSync(`/proc/${pid}`)), 20);
  }
  /** At once, sessions or not, as an administrator would. */
  async shutDown() { await this.end('SIGINT'); }

  kill() {
    this.child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
  async stop() {
    this.thaw();
    await this.end('SIGINT');
    running.delete(this);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
