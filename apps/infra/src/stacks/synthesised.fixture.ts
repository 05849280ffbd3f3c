import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { type Environment, readConfiguration } from '../configuration/read-configuration.ts';
import { platformApp } from './app.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, never>> & Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Synthesised {
  readonly app: App;
  readonly environments: readonly Environment[];
  /** By the stack's name, in the order of deployment. */
  readonly templates: ReadonlyMap<string, Template>;
  /** What CDK's check against CloudFormation's schemas found, where it was asked for. */
  readonly findings: readonly unknown[];
  /** What the assembly says it would need of the outside: nothing. */
  readonly missing: unknown;
  /** Resources of a type, with their stack's name before their own. */
  ofType(type: string, inStack?: RegExp): readonly (Resource & { readonly at: string })[];
}

const EXAMPLE = join(import.meta.dirname, '..', '..', 'example', 'infra.yaml');

export interface SynthesisOptions {
  /** With CDK's check against CloudFormation's schemas. Default: without. */
  readonly checked?: boolean;
  /** What is other than in the example. Default: nothing. */
  readonly change?: (environments: readonly Environment[]) => readonly Environment[];
}

export const exampleEnvironments = (): readonly Environment[] => readConfiguration(EXAMPLE);

/** Where the bucket of backups is not to be lost with the environment. */
export const ELSEWHERE = { account: '555555555555', region: 'us-east-2' };
/** For `change`: the example has its bucket beside everything else. */
export const backupsElsewhere = (all: readonly Environment[]): readonly Environment[] =>
  all.map((each) => (each.backups ? { ...each, backups: { ...each.backups, elsewhere: ELSEWHERE } } : each));

const asItIs = (all: readonly Environment[]): readonly Environment[] => all;

/** What several files ask for, which share a process. Nobody changes what they are given. */
const SHARED: ReadonlySet<unknown> = new Set([asItIs, backupsElsewhere]);
const kept = new Map<unknown, Synthesised>();

/**
 * The example, synthesised: a second of the processor, and seven more with CDK's check against CloudFormation's schemas, which one file asks for and the command
 * always makes.
 */
export function synthesised({ checked = false, change = asItIs }: SynthesisOptions = {}): Synthesised {
  if (checked || !SHARED.has(change)) return synthesise({ checked, change });
  const made = kept.get(change) ?? synthesise({ checked, change });
  kept.set(change, made);
  return made;
}

function synthesise({ checked, change }: Required<SynthesisOptions>): Synthesised {
  const outdir = mkdtempSync(join(tmpdir(), 'rcm-infra-'));
  if (!checked) process.env.CDK_VALIDATION = 'false';
  try {
    const environments = change(exampleEnvironments());
    const app = platformApp(environments, { outdir });
    const assembly = app.synth();
    const templates = new Map(assembly.stacks.map(({ stackName, template }) => [stackName, template as Template]));
    const report = checked
      ? (JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as { pluginReports: { violations: unknown[] }[] })
      : { pluginReports: [] };
    return {
      findings: report.pluginReports.flatMap(({ violations }) => violations),
      ...{ app, environments, templates, missing: assembly.manifest.missing },
      ofType: (type, inStack = /./) =>
        [...templates]
          .filter(([name]) => inStack.test(name))
          .flatMap(([name, { Resources }]) =>
            Object.entries(Resources).flatMap(([id, resource]) => (resource.Type === type ? [{ ...resource, at: `${name}/${id}` }] : [])),
          ),
    };
  } finally {
    delete process.env.CDK_VALIDATION;
    rmSync(outdir, { recursive: true, force: true });
  }
}
