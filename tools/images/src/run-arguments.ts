import { fileURLToPath } from 'node:url';

/** The images' own user (docker/images/Dockerfile). */
export const IMAGE_USER = 10001;

const PROFILE = fileURLToPath(new URL('../../../docker/images/seccomp-browser.json', import.meta.url));

/**
 * Arguments of `docker run` that keep an image as docs/images.md says: no capability and no way to gain one, a root that is read-only with a small `/tmp`, and, for one with a
 * browser, the seccomp profile that lets the browser's own sandbox work.
 */
export const confined = ({ browser }: { readonly browser: boolean }): readonly string[] => [
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...(browser ? ['--security-opt', `seccomp=${PROFILE}`] : []),
  ...['--read-only', '--tmpfs', '/tmp:rw,nosuid,nodev,noexec,size=512m'],
];
