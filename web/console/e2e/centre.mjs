/// A real `haidang demo`, or a `haidang serve` that takes sensors, for the browser stories: started, read
/// for its address and password, stopped.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** The binary that the tests built, or the one that is named. */
function binary() {
  const built = new URL('../../../target/debug/haidang', import.meta.url).pathname;
  const target = process.env.CARGO_TARGET_DIR;
  const path = process.env.HAIDANG ?? (target ? `${target}/debug/haidang` : built);
  if (!existsSync(path)) throw new Error(`${path} is not built; run cargo build -p daemon`);
  return path;
}

/** Starts the demo; resolves when it has said where it is and who may sign in. */
export async function startDemo() {
  const child = spawn(binary(), ['demo'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints = [];
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const greeting = new Promise((resolve, reject) => {
    const said = {};
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, word, value] = /\/ (address|user|password)\s+(\S+)/.exec(line) ?? [];
      if (word) said[word] = value;
      if (said.password) resolve(said);
    });
    void ended.then((code) => reject(new Error(`the demo ended with ${code}: ${complaints.join('\n')}`)));
  });
  const { address, user, password } = await greeting;
  return {
    address,
    user,
    password,
    stop: async () => {
      child.kill('SIGINT');
      const code = await ended;
      if (code !== 0) throw new Error(`the demo stopped with ${code}: ${complaints.join('\n')}`);
    },
  };
}

const SITES = `title: Sites of the story of the fleet (no real place)
sites:
  - { id: tinh-thu, name: Tỉnh thử, name_en: Trial province, level: province }
  - { id: khoi-xa, name: Khối xã, name_en: Communes, level: area, parent: tinh-thu }
  - { id: ubnd-xa-thu, name: UBND xã Thử, name_en: Trial commune, level: unit, parent: khoi-xa }
  - { id: xa-thu, name: Trụ sở xã Thử, name_en: Trial commune office, level: site, parent: ubnd-xa-thu }
  - { id: xa-thu-2, name: Trạm y tế xã Thử, name_en: Trial commune clinic, level: site, parent: ubnd-xa-thu }
`;

/** Starts a centre that takes sensors, with an administrator; `run` runs a command of another box, `sensor` its sensor. */
export async function startCentre() {
  const folder = mkdtempSync(join(tmpdir(), 'haidang-fleet-'));
  const data = join(folder, 'data');
  const config = join(folder, 'haidang.toml');
  mkdirSync(join(data, 'rules/sites'), { recursive: true });
  writeFileSync(join(data, 'rules/sites/story.yml'), SITES);
  writeFileSync(
    config,
    `data_dir = ${JSON.stringify(data)}\n[web]\nlisten = "127.0.0.1:0"\n[edges]\nlisten = "127.0.0.1:0"\nnames = ["localhost"]\n[journal]\nreserve_mib = 0\n`,
  );
  const [box, log] = [join(folder, 'box.toml'), join(folder, 'auth.log')];
  const source = `[[source]]\nid = "auth"\nkind = "file"\npath = ${JSON.stringify(log)}\nsite = "xa-thu"\n`;
  writeFileSync(log, '');
  writeFileSync(box, `data_dir = ${JSON.stringify(join(folder, 'box'))}\n[uplink]\ntrial_seconds = 2\n${source}`);
  let sensor = null;
  const child = spawn(binary(), ['serve', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const complaints = [];
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const address = await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      complaints.push(line);
      const [, url] = /haidang serves.*?url="?(https?:[^\s"]+)/.exec(line) ?? [];
      if (url) resolve(url);
    });
    void ended.then((code) => reject(new Error(`the centre ended with ${code}: ${complaints.join('\n')}`)));
  });
  const call = promisify(execFile);
  const { stdout } = await call(binary(), ['user', 'add', 'quan-tri', '--role', 'admin', '--config', config]);
  const [user, given] = stdout.trim().split(/\s+/);
  const password = await ownPassword(address, user, given);
  return {
    address,
    user,
    password,
    run: async (words) => {
      const { stdout: said } = await call(binary(), [...words, '--data-dir', join(folder, 'box')], { cwd: folder });
      return said;
    },
    /** What the box reads, as it stands in its own file. */
    source,
    sensor: () => {
      sensor = spawn(binary(), ['sensor', '--config', box], { stdio: 'ignore' });
    },
    stop: async () => {
      if (sensor !== null && sensor.exitCode === null) {
        sensor.kill('SIGKILL');
        await new Promise((resolve) => sensor.on('exit', resolve));
      }
      child.kill('SIGINT');
      const code = await ended;
      rmSync(folder, { recursive: true, force: true });
      if (code !== 0) throw new Error(`the centre stopped with ${code}: ${complaints.join('\n')}`);
    },
  };
}

/** A password that another gave is changed before anything else. */
async function ownPassword(address, user, given) {
  const own = `${given}-own`;
  const headers = { 'Content-Type': 'application/json', Origin: new URL(address).origin };
  const begun = await fetch(new URL('/api/v1/session', address), {
    method: 'POST',
    headers,
    body: JSON.stringify({ user, password: given }),
  });
  const { csrf } = await begun.json();
  const cookie = begun.headers.get('set-cookie').split(';')[0];
  const changed = await fetch(new URL('/api/v1/session/password', address), {
    method: 'POST',
    headers: { ...headers, 'X-CSRF-Token': csrf, Cookie: cookie },
    body: JSON.stringify({ current: given, new: own }),
  });
  if (!changed.ok) throw new Error(`the password was not changed: ${changed.status}`);
  return own;
}
