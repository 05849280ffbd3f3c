import { z } from 'zod';
import { parameterArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { operation } from '../operation.ts';
import { parseName } from './name.ts';
import { findVersion, labelsOf, requireParameter, versionNotFound } from './records.ts';

const MAX_LABELS_PER_VERSION = 10;

const labels = z.array(z.string().min(1).max(100)).min(1).max(10);

/** Letters, numbers, `.-_`; not beginning with a number, `aws` or `ssm`. LabelParameterVersion reference. */
const isLabel = (label: string): boolean => /^[a-zA-Z_.-][a-zA-Z0-9_.-]*$/.test(label) && !/^(aws|ssm)/i.test(label);

/** LabelParameterVersion: a label that sits on another version moves here; labels that break the rules come back in InvalidLabels. */
export const labelParameterVersion = operation({
  input: z.strictObject({ Name: z.string().min(1).max(2_048), ParameterVersion: z.number().int().optional(), Labels: labels }),
  resources: ({ Name }, { account }) => [parameterArn(account, parseName(account, Name))],
  run({ Name, ParameterVersion, Labels }, { account, database }) {
    const name = parseName(account, Name);
    const version = ParameterVersion ?? requireParameter(database, name).version;
    requireParameter(database, name);
    if (!findVersion(database, name, version)) throw versionNotFound(name, 'version', version);
    const valid = Labels.filter(isLabel);
    if (new Set([...labelsOf(database, name, version), ...valid]).size > MAX_LABELS_PER_VERSION) {
      throw new AwsError(
        'ParameterVersionLabelLimitExceeded',
        `A parameter version can have maximum ${MAX_LABELS_PER_VERSION} labels. Move one or more labels to another version and try again.`,
      );
    }
    for (const label of valid) {
      database.run(
        'INSERT INTO parameter_label(name, label, version) VALUES (?, ?, ?) ON CONFLICT (name, label) DO UPDATE SET version = excluded.version',
        name,
        label,
        version,
      );
    }
    return { InvalidLabels: Labels.filter((label) => !isLabel(label)), ParameterVersion: version };
  },
});

/** UnlabelParameterVersion: labels that are not on this version come back in InvalidLabels. */
export const unlabelParameterVersion = operation({
  input: z.strictObject({ Name: z.string().min(1).max(2_048), ParameterVersion: z.number().int(), Labels: labels }),
  resources: ({ Name }, { account }) => [parameterArn(account, parseName(account, Name))],
  run({ Name, ParameterVersion, Labels }, { account, database }) {
    const name = parseName(account, Name);
    requireParameter(database, name);
    if (!findVersion(database, name, ParameterVersion)) throw versionNotFound(name, 'version', ParameterVersion);
    const removed = Labels.filter(
      (label) => database.run('DELETE FROM parameter_label WHERE name = ? AND label = ? AND version = ?', name, label, ParameterVersion).changes > 0,
    );
    return { RemovedLabels: removed, InvalidLabels: Labels.filter((label) => !removed.includes(label)) };
  },
});
