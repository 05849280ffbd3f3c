// scratch: node run/view.ts seed login-substring
import { standInForDatabase } from '../database/stand-in.ts';
await standInForDatabase();
const { installVirtualGlobals } = await import('../time/virtual-globals.ts');
installVirtualGlobals();
const { currentProcess } = await import('../time/sim-process.ts');
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = ((...a: never[]) => (currentProcess() ? true : (write as (...x: never[]) => boolean)(...a))) as never;
const { planOf } = await import('../world/plan.ts');
const { World } = await import('../world/world.ts');
const { Oracle } = await import('../oracle/oracle.ts');
const { setGoing, DUTY_AFTER_MS } = await import('../world/director.ts');
const { timeWords } = await import('../time/trace.ts');
const [seed, who, untilDay = '99'] = process.argv.slice(2) as [string, string, string];
const plan = planOf(Number(seed));
const world = new World(plan);
const oracle = new Oracle(world);
setGoing(world);
await world.scheduler.run(world.troubleEndsAt + DUTY_AFTER_MS + 4 * 86400000);
oracle.judgeTheEnd();
const login = world.login(who);
const lines: [number, string][] = [];
for (const e of login.portal.record)
  if (e.username.startsWith(login.plan.username))
    lines.push([e.at, `   portal ${e.act} by ${e.process}: ${e.ended} ${e.password ?? ''}${e.counted ? ' COUNTED' : ''}`]);
for (const e of world.storeRecord)
  if (e.path.includes(`/${who}/`))
    lines.push([
      e.at,
      `   store ${e.act} by ${e.process} ${e.path.split('/').at(-1)}: ${e.text ? (({ password, note, metadata }) => `${password} ${note} ${metadata?.rotation_attempt_id?.slice(0, 8) ?? ''}/${metadata?.rotation_counter ?? ''}`)(JSON.parse(e.text)) : ''}`,
    ]);
for (const e of world.trace.entries) {
  if (e.who === 'the world' || e.who === 'THE ORACLE' || e.who === 'the database' || e.who.startsWith('on-duty') || e.who.startsWith('person'))
    if (!/^(database|store|portal)/.test(e.what)) lines.push([e.at, `${e.who}: ${e.what}`]);
  if (/visit of/.test(e.what) && e.what.includes(who)) lines.push([e.at, `${e.who}: ${e.what}`]);
  if (/dies|stops|lost/.test(e.what)) lines.push([e.at, `${e.who}: ${e.what}`]);
}
for (const a of world.database.tables.attempts.all())
  if (a.endpointId === who) {
    lines.push([a.createdAt.getTime(), `   journal ${a.id.slice(0, 8)} planned (${a.reason}) base ${a.baseVersion.slice(0, 8)}`]);
    lines.push([
      a.updatedAt.getTime(),
      `   journal ${a.id.slice(0, 8)} ${a.state} ${a.waitingFrom ?? ''} found ${a.found} probes ${a.probes} ${a.detail ?? ''} until ${a.waitingUntil?.toISOString() ?? ''}`,
    ]);
  }
for (const n of world.database.tables.notices.all()) if (n.endpointId === who) lines.push([0, `notice ${n.id} ${n.detail ?? ''}`]);
lines.sort((a, b) => a[0] - b[0]);
const d = login.door.type,
  h = login.portal.habits;
console.log(
  JSON.stringify(
    {
      store: plan.logins.find((l) => l.endpointId === who)?.store,
      told: {
        threshold: d.lockoutThreshold,
        margin: d.lockoutMargin,
        counts: d.lockoutCounts,
        window: d.lockoutWindowSeconds,
        lasts: d.lockoutLastsSeconds,
        codes: d.lockoutCountsCodes,
        settle: d.settleMs,
        rules: d.passwordRules,
        expires: d.passwordExpiresDays,
      },
      habits: h,
      faultRate: plan.faultRate,
      clocks: plan.clocksOffMs,
    },
    null,
    1,
  ),
);
for (const [at, l] of lines) if (at === 0 || (at - Date.UTC(2026, 0, 5)) / 86400000 < Number(untilDay)) console.log(at ? timeWords(at) : '', l);
const e = world.database.tables.endpoints.get(who)!;
console.log(e);
for (const l of world.database.tables.logins
  .of(e.loginIdentity!)
  .filter((l) => l.outcome !== 'accepted')
  .slice(-16))
  console.log(
    timeWords(l.startedAt.getTime()),
    l.version,
    l.fingerprint?.slice(0, 8),
    l.outcome,
    l.effect,
    l.proved,
    'rests',
    l.restsUntil && timeWords(l.restsUntil.getTime()),
    l.throttledUntil && 'throttled ' + timeWords(l.throttledUntil.getTime()),
  );
