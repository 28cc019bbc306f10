// Takes a picture of every screen, in both languages, both themes and two sizes, from a running
// `npm run preview:mock`; says which pages scroll sideways, log errors or breach the policy.
// CHROMIUM=path-to-chromium node dev/look.mjs OUT [name-filter]
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [out = 'pictures', only = ''] = process.argv.slice(2);
const base = process.env.CONSOLE_URL ?? 'http://localhost:4173';
mkdirSync(out, { recursive: true });

const first = async (page) => {
  await page.waitForSelector('.alert-row:not(.alert-head)');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
};
const openAlert = async (page) => {
  await first(page);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.alert-top');
};

/** Rules of the invented centre. */
const idOf = (n) => `7f1c0a${n}-4be2-4d8a-9a51-2f6c7d90e1${n}`;
const [TUNNEL, ENCODED, SCANNER] = ['01', '05', '0a'].map(idOf);

// name, path, scenario, what to do before the picture
const screens = [
  ['signin', '/sign-in?why=ended', 'ok'],
  ['signin-wrong', '/sign-in', 'ok', (page) => signIn(page, 'wrong')],
  ['signin-locked', '/sign-in', 'ok', (page) => signIn(page, 'locked')],
  ['queue', '/alerts', 'ok', first],
  ['account', '/account', 'ok'],
  ['users', '/users', 'ok'],
  ['audit', '/audit', 'ok'],
  ['queue-idle', '/alerts?state=open', 'degraded'],
  ['queue-pill', '/alerts', 'ok', (page) => page.waitForSelector('.pill-place', { timeout: 15000 })],
  ['queue-empty', '/alerts', 'empty'],
  ['queue-filter-empty', '/alerts?entity=192.0.2.1', 'conflict'],
  ['queue-loading', '/alerts', 'slow'],
  ['queue-error', '/alerts', 'error', (page) => page.waitForSelector('[role=alert]')],
  ['queue-many', '/alerts?sort=severity', 'too_many', first],
  ['queue-stale', '/alerts', 'stale', (page) => page.waitForSelector('.notice-warn')],
  ['queue-full', '/alerts', 'disk_full'],
  ['queue-close', '/alerts', 'degraded', async (page) => { await first(page); await page.keyboard.press('c'); await page.keyboard.press('2'); }],
  ['queue-undo', '/alerts', 'degraded', async (page) => { await first(page); await page.keyboard.press('e'); await page.waitForSelector('.toast'); }],
  ['queue-conflict', '/alerts', 'conflict', async (page) => { await first(page); await page.keyboard.press('e'); await page.waitForSelector('.sides'); }],
  ['queue-keys', '/alerts', 'degraded', async (page) => { await first(page); await page.keyboard.press('?'); }],
  ['palette', '/alerts', 'degraded', async (page) => { await first(page); await page.keyboard.press('Control+k'); }],
  ['queue-range', '/alerts', 'degraded', async (page) => { await first(page); await page.click('.filters .button:has(svg.lucide-calendar-clock)'); }],
  ['queue-marked', '/alerts?state=open', 'degraded', async (page) => { await first(page); for (const key of ['x', 'J', 'J', 'J']) await page.keyboard.press(key === 'x' ? 'x' : 'Shift+J'); await page.waitForSelector('.bulk-bar'); }],
  ['queue-all', '/alerts?state=open', 'degraded', async (page) => { await first(page); await page.keyboard.press('Control+a'); await page.waitForSelector('.bulk-bar'); }],
  ['queue-bulk-close', '/alerts?state=open', 'degraded', async (page) => { await first(page); for (const key of ['x', 'j', 'x', 'c']) await page.keyboard.press(key); await page.waitForSelector('[role=dialog]'); }],
  ['queue-bulk-done', '/alerts?state=open', 'degraded', async (page) => { await first(page); for (const key of ['x', 'j', 'x', 'a']) await page.keyboard.press(key); await page.waitForSelector('.toast'); }],
  ['queue-assign', '/alerts', 'degraded', async (page) => { await first(page); await page.keyboard.press('Shift+A'); await page.waitForSelector('.people [role=option]'); }],
  ['queue-mine', '/alerts?state=mine', 'degraded', first],
  ['queue-overdue', '/alerts?state=overdue', 'degraded', first],
  ['entity', '/entities/ip/10.60.1.21', 'ok', (page) => page.waitForSelector('.sheet-body')],
  ['entity-none', '/entities/domain/khong-co.example', 'ok', (page) => page.waitForSelector('.sheet-body')],
  ['alert', '/alerts?sort=severity', 'degraded', openAlert],
  ['alert-events', '/alerts', 'degraded', async (page) => { await openAlert(page); await page.locator('[role=tab]').nth(1).click(); }],
  ['alert-history', '/alerts?state=closed', 'degraded', async (page) => { await openAlert(page); await page.locator('[role=tab]').nth(2).click(); }],
  ['hunt', '/hunt?q=&from=-24h', 'ok'],
  ['hunt-event', '/hunt?q=kind:http', 'ok', async (page) => { await page.waitForSelector('.event-row:not(.event-head)'); await page.keyboard.press('j'); await page.keyboard.press('j'); }],
  ['hunt-bad', '/hunt?q=kind:dns+AND+((', 'ok'],
  ['hunt-help', '/hunt?q=kind:dns', 'ok', (page) => page.click('.query-form .button:has(svg.lucide-circle-question-mark)')],
  ['hunt-many', '/hunt?q=', 'too_many'],
  ['hunt-partial', '/hunt?q=', 'partial'],
  ['hunt-empty', '/hunt?q=kind:nothing', 'ok'],
  ['rules', '/rules', 'ok', async (page) => { await page.waitForSelector('.rule-row:not(.rule-head)'); await page.keyboard.press('j'); await page.keyboard.press('j'); }],
  ['rules-problems', '/rules?level=high&tag=attack.t1190', 'ok', (page) => page.click('.rule-problems summary')],
  ['rules-many', '/rules', 'too_many'],
  ['rules-empty', '/rules', 'empty'],
  ['rules-filter-empty', '/rules?text=khong-co', 'ok'],
  ['rules-loading', '/rules', 'slow'],
  ['rules-error', '/rules', 'error', (page) => page.waitForSelector('[role=alert]')],
  ['rule-one', `/rules/${ENCODED}`, 'ok', (page) => page.waitForSelector('.rule-body')],
  ['rule-partly', `/rules/${SCANNER}`, 'ok', (page) => page.waitForSelector('.rule-body')],
  ['rule-correlation', `/rules/${TUNNEL}`, 'ok', (page) => page.waitForSelector('.rule-body')],
  ['rule-off', `/rules/${SCANNER}`, 'ok', async (page) => { await page.waitForSelector('.rule-body'); await page.keyboard.press('o'); await page.waitForSelector('[role=dialog]'); }],
  ['rule-missing', '/rules/khong-co', 'ok'],
  ['rules-attack', '/rules/attack', 'ok', (page) => page.waitForSelector('.attack')],
  ['rules-attack-subs', '/rules/attack', 'ok', async (page) => { for (const summary of await page.locator('.cell summary').all()) await summary.click(); }],
  ['rules-attack-gaps', '/rules/attack?gaps=show', 'ok', (page) => page.waitForSelector('.attack')],
  ['rules-exceptions', '/rules/exceptions', 'ok', (page) => page.waitForSelector('.exceptions')],
  ['rules-prolong', '/rules/exceptions', 'ok', async (page) => { await page.waitForSelector('.exceptions'); await page.locator('.exception-tools .button').first().click(); await page.waitForSelector('[role=dialog]'); await page.locator('[role=dialog] input[type=radio]').last().click(); }],
  ['rules-exceptions-empty', '/rules/exceptions', 'empty'],
  ['rules-packs', '/rules/packs', 'ok', (page) => page.waitForSelector('.packs-table')],
  ['rules-packs-chosen', '/rules/packs', 'ok', async (page) => { await page.waitForSelector('.packs-table'); await page.setInputFiles('input[type=file]', { name: 'SigmaHQ core 2026-11.zip', mimeType: 'application/zip', buffer: Buffer.from('PK') }); await page.waitForSelector('.send'); }],
  ['rules-back', '/rules/packs', 'ok', async (page) => { await page.waitForSelector('.packs-table'); await page.locator('.rules-top .rules-tools .button').click(); await page.waitForSelector('[role=alertdialog]'); }],
  ['rules-import', '/rules/imports/imp-1', 'ok', (page) => page.waitForSelector('.import-table')],
  ['rules-import-part', '/rules/imports/imp-1?show=changed', 'partial', (page) => page.waitForSelector('.import-table')],
  ['rules-except', '/alerts?level=critical,high', 'degraded', async (page) => { await first(page); await page.waitForTimeout(300); await page.keyboard.press('s'); await page.waitForSelector('.silence strong'); }],
  ['rules-except-wide', '/alerts?level=critical,high', 'degraded', async (page) => { await first(page); await page.waitForTimeout(300); await page.keyboard.press('s'); await page.waitForSelector('.silence strong'); for (const box of (await page.locator('.condition input[type=checkbox]').all()).slice(1)) await box.uncheck(); await page.waitForSelector('.silence-loss'); }],
  ['intel', '/intel', 'ok', (page) => page.waitForSelector('.intel-table')],
  ['intel-empty', '/intel', 'empty'],
  ['intel-make', '/intel', 'ok', async (page) => { await page.waitForSelector('.intel-table'); await page.keyboard.press('n'); await page.waitForSelector('[role=dialog]'); }],
  ['intel-list', '/intel/c2', 'ok', (page) => page.waitForSelector('.intel-entries table')],
  ['intel-late', '/intel/cert', 'ok', (page) => page.waitForSelector('.intel-entries table')],
  ['intel-add', '/intel/c2', 'ok', async (page) => { await page.waitForSelector('.intel-entries table'); await page.keyboard.press('n'); await page.waitForSelector('[role=dialog]'); await page.locator('[role=dialog] textarea').fill('xau[.]example\n10.0.0.7'); await page.locator('[role=dialog] input').fill('Công văn 214'); await page.locator('[role=dialog] button[type=submit]').click(); await page.waitForSelector('.intel-told'); }],
  ['intel-remove', '/intel/c2', 'ok', async (page) => { await page.waitForSelector('.intel-entries table'); await page.locator('.intel-entries td .button').first().click(); await page.waitForSelector('[role=dialog], [role=alertdialog]'); }],
  ['intel-missing', '/intel/khong-co', 'ok'],
  ['fleet', '/sensors', 'ok', (page) => page.waitForSelector('.sensors-table')],
  ['fleet-hover', '/sensors', 'ok', async (page) => { await page.waitForSelector('.sensors-table'); await page.locator('.exact').nth(3).focus(); }],
  ['fleet-problems', '/sensors?show=problems&text=xa', 'ok', (page) => page.waitForSelector('.sensors-table')],
  ['fleet-many', '/sensors', 'too_many', (page) => page.waitForSelector('.sensors-table')],
  ['fleet-empty', '/sensors', 'empty'],
  ['fleet-closed', '/sensors', 'closed_fleet'],
  ['fleet-filter-empty', '/sensors?text=khong-co', 'ok'],
  ['fleet-loading', '/sensors', 'slow'],
  ['fleet-error', '/sensors', 'error', (page) => page.waitForSelector('[role=alert]')],
  ['fleet-invite', '/sensors', 'ok', async (page) => { await page.waitForSelector('.sensors-table'); await page.keyboard.press('n'); await page.locator('[role=dialog] .input').first().fill('Xã Mới'); await page.locator('.grant input').nth(2).check(); }],
  ['fleet-command', '/sensors', 'ok', async (page) => { await page.waitForSelector('.sensors-table'); await page.keyboard.press('n'); await page.locator('[role=dialog] .input').first().fill('xa-moi-2'); await page.locator('.grant input').nth(2).check(); await page.locator('[role=dialog] button[type=submit]').click(); await page.waitForSelector('.sensor-command'); }],
  ['fleet-one', '/sensors/phuong-hai-dong-1', 'ok', (page) => page.waitForSelector('.sheet-body')],
  ['fleet-two', '/sensors/so-khdt-1', 'ok', (page) => page.waitForSelector('.sheet-body')],
  ['fleet-never', '/sensors/xa-moi-1', 'ok', (page) => page.waitForSelector('.sheet-body')],
  ['fleet-confirm', '/sensors/so-khdt-1', 'ok', async (page) => { await page.locator('.instance-ask .button').click(); await page.waitForSelector('[role=alertdialog]'); }],
  ['fleet-change', '/sensors/phuong-hai-dong-1', 'ok', async (page) => { await page.locator('.sheet-tools button').nth(0).click(); await page.waitForSelector('[role=dialog]'); }],
  ['fleet-revoke', '/sensors/phuong-hai-dong-1', 'ok', async (page) => { await page.locator('.sheet-tools button').nth(2).click(); await page.waitForSelector('[role=alertdialog]'); }],
  ['fleet-config', '/sensors/ttdl-1', 'ok', async (page) => { await page.locator('.config-versions summary').click(); await page.locator('.config').scrollIntoViewIfNeeded(); await page.evaluate(() => document.querySelector('.config').scrollIntoView()); }],
  ['fleet-config-back', '/sensors/ttdl-2', 'ok', (page) => page.waitForSelector('.config-unwanted')],
  ['fleet-config-edit', '/sensors/ttdl-1', 'ok', async (page) => { await page.locator('.config-head .button').click(); await page.locator('.code-text').fill('[spool]\n# nhỏ hơn\nmib = "x"\n'); await page.locator('.config-editor .input').fill('Ổ đĩa của máy chỉ còn 10 GB.'); await page.locator('.config-editor button[type=submit]').click(); await page.waitForSelector('.config-refused'); await page.evaluate(() => document.querySelector('.config-editor').scrollIntoView()); }],
  ['fleet-config-unknown', '/sensors/ttdl-1', 'ok', async (page) => { await page.locator('.config-head .button').click(); await page.locator('.code-text').fill(Array.from({ length: 40 }, (_, n) => `# dòng ${n + 1}`).join('\n') + '\nsmell = 1'); await page.locator('.config-editor .input').fill('Thử.'); await page.locator('.config-editor button[type=submit]').click(); await page.waitForSelector('.config-unknown'); await page.locator('.config-unknown .button').click(); await page.evaluate(() => document.querySelector('.config-editor').scrollIntoView()); }],
  ['fleet-updates', '/sensors', 'ok', async (page) => { await page.waitForSelector('.sensors-table'); await page.evaluate(() => scrollTo(0, document.body.scrollHeight)); await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight)); }],
  ['fleet-missing', '/sensors/khong-co', 'ok'],
  ['incidents', '/incidents', 'ok', async (page) => { await page.waitForSelector('.incidents-table'); await page.keyboard.press('j'); await page.keyboard.press('j'); }],
  ['incidents-all', '/incidents?state=all', 'ok', (page) => page.waitForSelector('.incidents-table')],
  ['incidents-many', '/incidents', 'too_many', (page) => page.waitForSelector('.incidents-table')],
  ['incidents-empty', '/incidents', 'empty'],
  ['incidents-filter-empty', '/incidents?level=low&state=closed', 'ok'],
  ['incidents-error', '/incidents', 'error', (page) => page.waitForSelector('[role=alert]')],
  ['incidents-close', '/incidents', 'ok', async (page) => { await page.waitForSelector('.incidents-table'); await page.keyboard.press('j'); await page.keyboard.press('c'); await page.keyboard.press('3'); }],
  ['incidents-snooze', '/incidents', 'ok', async (page) => { await page.waitForSelector('.incidents-table'); await page.keyboard.press('j'); await page.keyboard.press('s'); await page.locator('[role=dialog] input[type=radio]').last().check(); }],
  ['incidents-conflict', '/incidents', 'conflict', async (page) => { await page.waitForSelector('.incidents-table'); await page.keyboard.press('j'); await page.keyboard.press('n'); await page.locator('[role=dialog] textarea').fill('Đã gọi.'); await page.locator('[role=dialog] button[type=submit]').click(); await page.waitForSelector('[role=dialog] [role=alert]'); }],
  ['incidents-one', '/incidents/in-03', 'ok', (page) => page.waitForSelector('.sheet-body')],
  ['cases', '/cases', 'ok', async (page) => { await page.waitForSelector('.case-card'); await page.keyboard.press('j'); await page.keyboard.press('j'); }],
  ['cases-list', '/cases?view=table', 'ok', (page) => page.waitForSelector('.cases-table')],
  ['cases-empty', '/cases', 'empty'],
  ['cases-filter-empty', '/cases?text=khong-co', 'ok'],
  ['cases-loading', '/cases?view=table', 'slow'],
  ['cases-error', '/cases', 'error', (page) => page.waitForSelector('[role=alert]')],
  ['cases-new', '/cases', 'ok', async (page) => { await page.waitForSelector('.case-card'); await page.keyboard.press('n'); await page.waitForSelector('[role=dialog]'); }],
  ['cases-one', '/cases/V-2026-0003', 'ok', (page) => page.waitForSelector('.case-timeline li')],
  ['cases-tasks', '/cases/V-2026-0003?tab=tasks', 'ok', (page) => page.waitForSelector('.case-tasks li')],
  ['cases-observables', '/cases/V-2026-0003?tab=observables', 'ok', (page) => page.waitForSelector('.case-value')],
  ['cases-evidence', '/cases/V-2026-0003?tab=evidence', 'ok', async (page) => { await page.waitForSelector('.case-evidence'); await page.locator('.case-evidence summary').first().click(); }],
  ['cases-alerts', '/cases/V-2026-0003?tab=alerts', 'ok', (page) => page.waitForSelector('.case-alerts')],
  ['cases-close', '/cases/V-2026-0003', 'ok', async (page) => { await page.waitForSelector('.case-timeline li'); await page.keyboard.press('c'); await page.keyboard.press('1'); }],
  ['cases-conflict', '/cases/V-2026-0003', 'conflict', async (page) => { await page.waitForSelector('.case-timeline li'); await page.keyboard.press('e'); await page.locator('[role=dialog] .input').first().fill('Mã độc tống tiền tại bệnh viện'); await page.locator('[role=dialog] button[type=submit]').click(); await page.waitForSelector('.case-conflict'); }],
  ['cases-closed', '/cases/V-2026-0005', 'ok', (page) => page.waitForSelector('.case-timeline li')],
  ['cases-missing', '/cases/V-2026-9999', 'ok'],
  ['queue-escalate', '/alerts', 'degraded', async (page) => { await first(page); await page.keyboard.press('v'); await page.waitForSelector('[role=dialog]'); }],
  ['queue-escalate-held', '/alerts', 'degraded', async (page) => { await first(page); await page.keyboard.press('v'); await page.waitForSelector('[role=dialog]'); await page.locator('[role=dialog] .chip').last().click(); await page.waitForSelector('.escalate-cases'); }],
  ['decode', '/cases/V-2026-0003?tab=observables', 'ok', async (page) => { await page.waitForSelector('.case-value'); await page.locator('.case-tools button:has(svg.lucide-binary)').first().click(); await page.waitForSelector('.decode-text'); }],
  ['assets', '/assets', 'ok', async (page) => { await page.waitForSelector('.assets-table'); await page.keyboard.press('j'); }],
  ['assets-proposed', '/assets?state=proposed', 'ok', async (page) => { await page.waitForSelector('.assets-table'); for (const key of 'jxjxj') await page.keyboard.press(key); }],
  ['assets-idle', '/assets?state=all', 'ok', (page) => page.waitForSelector('.assets-table')],
  ['assets-many', '/assets', 'too_many', (page) => page.waitForSelector('.assets-table')],
  ['assets-empty', '/assets', 'empty'],
  ['assets-unconfirmed', '/assets', 'unconfirmed'],
  ['assets-filter-empty', '/assets?text=khong-co&site=so-tttt', 'ok'],
  ['assets-loading', '/assets', 'slow'],
  ['assets-error', '/assets', 'error', (page) => page.waitForSelector('[role=alert]')],
  ['assets-add', '/assets', 'ok', async (page) => { await page.waitForSelector('.assets-table'); await page.keyboard.press('n'); await page.waitForSelector('[role=dialog]'); }],
  ['assets-edit', '/assets?state=proposed', 'ok', async (page) => { await page.waitForSelector('.assets-table'); await page.locator('.asset-open').first().click(); await page.waitForSelector('[role=dialog]'); await page.locator('[role=dialog] .input').last().fill('31/2/2026'); }],
  ['assets-file', '/assets?kind=network', 'ok', async (page) => { await page.waitForSelector('.assets-table'); await page.locator('.asset-open').first().click(); await page.waitForSelector('[role=dialog]'); }],
  ['assets-remove', '/assets', 'ok', async (page) => { await page.waitForSelector('.assets-table'); for (const key of 'jjj') await page.keyboard.press(key); await page.locator('.marked-bar .button').last().click(); await page.waitForSelector('[role=alertdialog]'); }],
  ['assets-import', '/assets', 'ok', async (page) => { await page.waitForSelector('.assets-table'); await page.keyboard.press('i'); await page.waitForSelector('[role=dialog]'); }],
  ['assets-trial', '/assets', 'ok', async (page) => { await page.waitForSelector('.assets-table'); await page.keyboard.press('i'); await page.waitForSelector('[role=dialog]'); await page.locator('input[type=file]').setInputFiles({ name: 'tai-san-2026.csv', mimeType: 'text/csv', buffer: Buffer.from('site,address') }); await page.waitForSelector('.csv-problems'); }],
  ['sources-of-sensor', '/sources?sensor=ttdl-01', 'ok'],
  ['sources', '/sources', 'ok'],
  ['sources-empty', '/sources', 'empty'],
  ['health', '/health', 'ok'],
  ['health-full', '/health', 'disk_full'],
  ['not-found', '/nowhere', 'ok'],
  ['no-rights', '/hunt', 'no_rights'],
  ['unreachable', '/alerts', 'down'],
];

async function signIn(page, password) {
  await page.locator('input').nth(0).fill('hien.dt');
  await page.locator('input').nth(1).fill(password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.signin-bad');
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
});
for (const [width, height] of [[1366, 768], [1920, 1080], [390, 844]]) {
  for (const language of ['vi', 'en']) {
    for (const theme of ['dark', 'light']) {
      for (const [name, path, scenario, act] of screens) {
        const label = `${name}-${language}-${theme}-${width}`;
        // The queue and the hunt are made for desks; rules and lists are looked up on the way too.
        if (!label.includes(only) || (width < 1000 && !/^(rules?|intel|fleet|assets|cases|incidents)(-|$)/.test(name))) continue;
        const context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
        await context.addCookies([{ name: 'mock', value: scenario, url: base }]);
        await context.addInitScript(
          ([l, t]) => {
            localStorage.setItem('haidang.language', l);
            localStorage.setItem('haidang.theme', t);
          },
          [language, theme],
        );
        const page = await context.newPage();
        page.on('console', (message) => {
          const text = message.text();
          if (message.type() === 'error' && !/status of (4|5)\d\d/.test(text)) report(label, text);
        });
        page.on('pageerror', (error) => report(label, error.message));
        try {
          await page.goto(base + path);
          await page.waitForTimeout(500);
          await act?.(page);
          await page.waitForTimeout(350);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          if (wide > 0) report(label, `scrolls sideways by ${wide} px`);
          await page.screenshot({ path: `${out}/${label}.png` });
        } catch (error) {
          report(label, String(error).split('\n')[0]);
          await page.screenshot({ path: `${out}/${label}-failed.png` }).catch(() => undefined);
        }
        await context.close();
      }
    }
  }
}
await browser.close();

function report(label, text) {
  process.stdout.write(`${label}: ${text}\n`);
}
