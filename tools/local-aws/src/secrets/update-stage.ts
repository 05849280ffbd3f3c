import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { secretIdSchema } from './identifier.ts';
import { notFound, requirePrimaryAlive, secretResource, touch } from './records.ts';
import type { SecretRecord } from './secret-record.ts';
import { CURRENT, detachStage, holderOf, moveStage } from './stages.ts';
import { findSecretVersion } from './version.ts';

const versionId = z.string().min(32).max(64).optional();
const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message);

/** UpdateSecretVersionStage: moves, adds or removes a stage. Whoever moves one must name the version that holds it. */
export const updateSecretVersionStage = operation({
  input: z.strictObject({ SecretId: secretIdSchema, VersionStage: z.string().min(1).max(256), RemoveFromVersionId: versionId, MoveToVersionId: versionId }),
  resources: secretResource,
  conditions: ({ VersionStage }) => ({ 'secretsmanager:VersionStage': VersionStage }),
  run({ SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId }, call) {
    const secret = requirePrimaryAlive(call, SecretId);
    if (RemoveFromVersionId === undefined && MoveToVersionId === undefined) throw invalid('You must provide RemoveFromVersionId, MoveToVersionId or both.');
    for (const id of [RemoveFromVersionId, MoveToVersionId]) requireVersion(call, secret, id);
    requireHolder(holderOf(call.database, secret.arn, VersionStage), { VersionStage, RemoveFromVersionId, MoveToVersionId });
    if (MoveToVersionId !== undefined) moveStage(call.database, secret.arn, VersionStage, MoveToVersionId);
    else if (VersionStage === CURRENT)
      throw invalid(`You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`);
    else detachStage(call.database, secret.arn, VersionStage);
    touch(call, secret);
    return { ARN: secret.arn, Name: secret.name };
  },
});

function requireVersion(call: Call, secret: SecretRecord, id: string | undefined): void {
  if (id !== undefined && !findSecretVersion(call, secret.arn, id)) throw notFound(`Secrets Manager can't find the specified secret version: ${id}.`);
}

interface Move {
  readonly VersionStage: string;
  readonly RemoveFromVersionId: string | undefined;
  readonly MoveToVersionId: string | undefined;
}

function requireHolder(holder: string | null, { VersionStage, RemoveFromVersionId, MoveToVersionId }: Move): void {
  if (RemoveFromVersionId !== undefined && RemoveFromVersionId !== holder) {
    throw invalid(`Staging label ${VersionStage} is not attached to version ${RemoveFromVersionId}; it is attached to ${holder ?? 'no version'}.`);
  }
  if (RemoveFromVersionId === undefined && holder !== null && holder !== MoveToVersionId) {
    throw invalid(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${VersionStage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
}
