/// A real `haidang demo` for the browser story: started, read for its address and password, stopped.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

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
