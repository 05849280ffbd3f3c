import { standInForDatabase } from '../database/stand-in.ts';
await standInForDatabase();
const { installVirtualGlobals } = await import('../time/virtual-globals.ts');
installVirtualGlobals();
const { currentProcess } = await import('../time/sim-process.ts');
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = ((...a: never[]) => (currentProcess() ? true : (write as (...x: never[]) => boolean)(...a))) as never;
const { planOf } = await import('../world/plan.ts');
const { runPlan } = await import('./run-seed.ts');
const [from = 0, to = 1, show = ''] = process.argv.slice(2);
let all = 0;
const kinds: Record<string, number> = {};
const c0 = process.cpuUsage();
for (let seed = Number(from); seed < Number(to); seed++) {
  const t = process.cpuUsage();
  const r = await runPlan(planOf(seed));
  const c = process.cpuUsage(t);
  for (const f of r.findings) kinds[f.kind + (f.excuse ? ' (excused)' : '')] = (kinds[f.kind + (f.excuse ? ' (excused)' : '')] ?? 0) + 1;
  all += r.rotations;
  if (r.findings.length || show)
    console.log(
      seed,
      `${Math.round((c.user + c.system) / 1000)} ms`,
      r.events,
      'events',
      r.rotations,
      'rotations',
      r.logins,
      'logins',
      r.faults.length,
      'faults',
      r.findings.map((f) => `\n   ${f.kind} ${f.about}: ${f.detail.slice(0, 300)} ${f.excuse ?? ''}`).join(''),
    );
  if (show === 'trace') console.log(r.trace().join('\n'));
}
const c = process.cpuUsage(c0);
console.log(kinds, all, 'rotations', Math.round((c.user + c.system) / 1000 / (Number(to) - Number(from))), 'ms a seed');
