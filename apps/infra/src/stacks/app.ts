import { App, BootstraplessSynthesizer, type Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { IdentityStack } from './identity.ts';
import { stackName } from './names.ts';

export interface AppOptions {
  /** Where the templates are written. Default: a folder of its own below the system's temporary one. */
  readonly outdir?: string;
}

/** Every stack of every environment, with nothing looked up and nothing to upload: a template is all that there is. */
export function platformApp(environments: readonly Environment[], { outdir }: AppOptions = {}): App {
  const app = new App({ ...(outdir === undefined ? {} : { outdir }), analyticsReporting: false, treeMetadata: false });
  for (const environment of environments) addEnvironment(app, environment);
  return app;
}

function addEnvironment(app: App, environment: Environment): void {
  const propsIn = (account: string, region: string, part: string): StackProps => ({
    env: { account, region },
    stackName: stackName(environment, part),
    // What holds the only copy of a password is not deleted by a slip.
    terminationProtection: environment.stage === 'production',
    synthesizer: new BootstraplessSynthesizer(),
  });
  const here = (part: string) => ({ ...propsIn(environment.account, environment.region, part), environment });
  const named = <S extends Stack>(stack: S): S => {
    Tags.of(stack).add('Application', 'rcm');
    Tags.of(stack).add('Stage', environment.name);
    return stack;
  };
  named(new IdentityStack(app, stackName(environment, 'identity'), here('identity')));
}
