import { prepareProcess } from './simulated-process.ts';
await prepareProcess();
const { planOf } = await import('../world/plan.ts');
const { World } = await import('../world/world.ts');
const { Oracle } = await import('../oracle/oracle.ts');
const { setGoing, DUTY_AFTER_MS } = await import('../world/director.ts');
const { timeWords } = await import('../time/trace.ts');
for (const seed of process.argv.slice(2).map(Number)) {
  const plan = planOf(seed);
  const world = new World(plan);
  const oracle = new Oracle(world);
  setGoing(world);
  await world.scheduler.run(world.troubleEndsAt + DUTY_AFTER_MS + 4 * 86400000);
  oracle.judgeTheEnd();
  for (const f of oracle.findings.filter((f) => !f.excuse)) {
    console.log(`== ${seed} ${f.kind} ${f.about} at ${timeWords(f.at)}: ${f.detail.slice(0, 140)}`);
    const who = f.about.split(' ')[0]!;
    const login = world.logins.get(who);
    if (!login) continue;
    if (f.kind === 'outage' && oracle.findings.some((g) => g.kind === 'stuck' && g.about === f.about)) continue;
    const d = login.door.type;
    const h = login.portal.habits;
    console.log(
      `   ${login.plan.store} told ${d.lockoutThreshold}-${d.lockoutMargin} ${d.lockoutCounts} w${d.lockoutWindowSeconds} l${d.lockoutLastsSeconds} true ${h.lockout.threshold} one ${h.oneText} keeps ${h.keepsFirst} fold ${h.foldsCase} settle ${h.settleMs}/${d.settleMs} ${h.whileSettling} code ${h.asksForCode} hist ${h.history}/${h.historyFirst} exp ${h.expiresAfterMs} changes ${JSON.stringify(h.changes)}`,
    );
    const e = world.database.tables.endpoints.get(who)!;
    const open = world.database.tables.attempts.of(e.loginIdentity!).find((a) => !a.endedAt);
    console.log(
      '   open',
      open && `${open.state} from ${open.waitingFrom} ${open.detail} until ${open.waitingUntil && timeWords(open.waitingUntil.getTime())}`,
      'wanted',
      e.searchWantedAt && timeWords(e.searchWantedAt.getTime()),
      'status',
      e.rotationStatus,
    );
    const fails = world.trace.entries
      .filter((x) => x.what.startsWith(`visit of ${who} fails`) && x.at <= f.at)
      .slice(-3)
      .map((x) => `${timeWords(x.at)} ${x.what.split(': ').at(-1)}`);
    console.log('   visits', fails.join('; '));
    for (const l of world.database.tables.logins
      .of(e.loginIdentity!)
      .filter((l) => l.startedAt.getTime() <= f.at)
      .slice(-4))
      console.log(
        '     ',
        timeWords(l.startedAt.getTime()),
        l.version.slice(0, 20),
        l.fingerprint?.slice(2, 8),
        l.outcome,
        l.effect,
        'rests',
        l.restsUntil && timeWords(l.restsUntil.getTime()),
        l.throttledUntil && 'throttled ' + timeWords(l.throttledUntil.getTime()),
      );
    const gate = world.database.tables.gates.get(e.portalTypeCode);
    console.log(
      '   gate',
      gate?.openedAt && !gate.closedAt ? `OPEN ${gate.cause} since ${timeWords(gate.openedAt.getTime())}` : 'closed',
      'happenings',
      plan.happenings
        .filter((x) => !('login' in x) || x.login === who)
        .map((x) => `${timeWords(x.at + Date.UTC(2026, 0, 5)).slice(0, 12)} ${x.kind}`)
        .join(' | '),
    );
  }
}
