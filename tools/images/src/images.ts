/** The images that there are; each is a target of docker/images/Dockerfile. */
export interface ImageKind {
  readonly name: 'web-agent' | 'rotator' | 'console' | 'migrator' | 'rcm';
  /** What is bundled, from the root of the repository. */
  readonly entry: string;
  /** Whether Playwright's library goes along: also for who only gathers commands that would start a browser. */
  readonly playwright: boolean;
}

export const IMAGES: readonly ImageKind[] = [
  { name: 'web-agent', entry: 'apps/web-agent/src/main.ts', playwright: true },
  { name: 'rotator', entry: 'apps/rotator/src/main.ts', playwright: true },
  { name: 'console', entry: 'apps/console/src/main.ts', playwright: false },
  { name: 'migrator', entry: 'apps/migrator/src/main.ts', playwright: false },
  { name: 'rcm', entry: 'apps/cli/src/main.ts', playwright: true },
];
