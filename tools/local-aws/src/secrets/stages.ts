import { AwsError } from '../aws-error.ts';
import type { Database } from '../storage/database.ts';

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
/** Staging labels of one secret, over all its versions. "Secrets Manager quotas". */
const MAX_STAGES = 20;

export const holderOf = (database: Database, arn: string, stage: string): string | null =>
  database.get<{ version_id: string }>('SELECT version_id FROM secret_stage WHERE arn = ? AND stage = ?', arn, stage)?.version_id ?? null;

export const stagesOf = (database: Database, arn: string, versionId: string): string[] =>
  database.all<{ stage: string }>('SELECT stage FROM secret_stage WHERE arn = ? AND version_id = ? ORDER BY stage', arn, versionId).map(({ stage }) => stage);

/** Attaches a stage to a version, taking it from whichever holds it; moving AWSCURRENT leaves AWSPREVIOUS behind. */
export function moveStage(database: Database, arn: string, stage: string, versionId: string): void {
  const holder = holderOf(database, arn, stage);
  if (holder === versionId) return;
  attach(database, arn, stage, versionId);
  if (stage === CURRENT && holder !== null) attach(database, arn, PREVIOUS, holder);
  const { count } = database.get<{ count: number }>('SELECT count(*) AS count FROM secret_stage WHERE arn = ?', arn) ?? { count: 0 };
  if (count > MAX_STAGES) throw new AwsError('LimitExceededException', `A secret can have at most ${MAX_STAGES} staging labels.`);
}

export function detachStage(database: Database, arn: string, stage: string): void {
  database.run('DELETE FROM secret_stage WHERE arn = ? AND stage = ?', arn, stage);
}

function attach(database: Database, arn: string, stage: string, versionId: string): void {
  database.run(
    'INSERT INTO secret_stage(arn, stage, version_id) VALUES (?, ?, ?) ON CONFLICT (arn, stage) DO UPDATE SET version_id = excluded.version_id',
    arn,
    stage,
    versionId,
  );
}
