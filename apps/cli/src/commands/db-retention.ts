import type { Database } from '@rcm/db';
import { countOld, countThinned, keptDays, OLD_ROWS, type OldRows, retentionEnvironment } from '@rcm/db/admin';
import { howMany } from '@rcm/fleet';
import { readConfig } from '@rcm/telemetry';
import { z } from 'zod';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

const WORDS: Readonly<Record<OldRows, string>> = {
  asked_acts: 'what people asked of a rotator, or asked to read, and has ended',
  codes: 'that people were asked for codes',
  messages: 'fingerprints of messages, each for as long as its gateway could hand it on again',
  leases: 'leases of processes that died',
  proofs: 'proofs that a login was read again, where a newer one says the same',
  audit_checks: 'checks of an audit chain that were asked for',
  portal_looks: 'what was seen of portals’ pages, with the pictures',
};

/** What a rotator would delete now because it is old, and of what it keeps for how long. Reads only; `RCM_…_KEEP_DAYS` as the rotators have them. Fails with `config_invalid`. */
export async function dbRetention(db: Database, environment: NodeJS.ProcessEnv): Promise<Report> {
  const config = readConfig(z.object(retentionEnvironment), environment);
  const kept = keptDays(config);
  const rules: { readonly what: OldRows; readonly keptDays: number; readonly due: number }[] = [];
  for (const what of OLD_ROWS) rules.push({ what, keptDays: kept[what], due: await countOld(db, { what, keptDays: kept[what] }) });
  const ledger = await ofTheLedger(db, config.RCM_LEDGER_KEEP_DAYS ?? null);
  const columns = [{ title: 'WHAT', shrinks: true }, { title: 'KEPT' }, { title: 'WOULD GO NOW' }];
  return {
    json: { rules, ledger },
    lines: (view) => [
      ...table(
        view,
        columns,
        rules.map((rule) => [
          { text: WORDS[rule.what] },
          { text: rule.what === 'messages' ? 'as each says' : `${rule.keptDays} d` },
          { text: howMany(rule.due) },
        ]),
      ),
      'Rotators delete it by the hour; ended tasks and notifications go by days of their own (RCM_TASK_KEEP_DAYS, RCM_NOTICE_KEEP_DAYS).',
      ledger.keptDays === null
        ? 'The ledger, the journal and the audit trail are kept whole.'
        : `Of logins in a row that the ledger has for more than ${ledger.keptDays} days and that say the same, the first and the last stay: of the next ${ledger.looked} that were accepted ${ledger.going} would go. The journal and the audit trail are kept whole.`,
    ],
    well: true,
  };
}

/** `keptDays` null: it is kept whole, which is what it is where nobody says otherwise. */
const ofTheLedger = async (db: Database, days: number | null) => ({
  keptDays: days,
  ...(days === null ? { looked: 0, going: 0 } : await countThinned(db, { keptDays: days })),
});
