import { readConfiguration } from './configuration/read-configuration.ts';
import { platformApp } from './stacks/app.ts';

export interface SynthOptions {
  /** Path of `infra.yaml`. */
  readonly config: string;
  /** Folder that the templates are written into. */
  readonly output: string;
  /** Only this one. */
  readonly environment?: string;
}

export interface WrittenStack {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly template: string;
  readonly resources: number;
  readonly bytes: number;
}

/** Writes a template for each stack, in the order in which they are deployed. Asks nobody anything. Fails with `config_invalid`. */
export function synthesise({ config, output, environment }: SynthOptions): readonly WrittenStack[] {
  const environments = readConfiguration(config).filter(({ name }) => environment === undefined || name === environment);
  const assembly = platformApp(environments, { outdir: output }).synth();
  return assembly.stacksRecursively.map(({ stackName, environment: { account, region }, templateFile, template }): WrittenStack => ({
    name: stackName,
    ...{ account, region, template: templateFile },
    resources: Object.keys((template as { Resources?: object }).Resources ?? {}).length,
    bytes: JSON.stringify(template).length,
  }));
}
