import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A certificate and its key, PEM files that live as long as their folder. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];

/** Node cannot make certificates; a test that needs one looks here first. */
export function canMakeCertificates(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A CA of its own that nobody knows. */
export function makeCa(folder: string, name: string): CertificateFiles {
  const files = filesIn(folder, name);
  request(files, [...EC, '-subj', `/CN=test ${name}`, '-addext', 'basicConstraints=critical,CA:TRUE']);
  return files;
}

/** A certificate for `names` (as in `IP:127.0.0.1,DNS:localhost`) by a CA. */
export function makeCertificate(
  folder: string,
  { name, ca, names }: { readonly name: string; readonly ca: CertificateFiles; readonly names: string },
): CertificateFiles {
  const files = filesIn(folder, name);
  const extensions = ['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE'];
  request(files, [...EC, '-CA', ca.cert, '-CAkey', ca.key, '-subj', '/CN=test server', ...extensions]);
  return files;
}

/** A certificate of its own with an RSA key, for signatures over messages. */
export function makeSigner(folder: string, name: string): CertificateFiles {
  const files = filesIn(folder, name);
  request(files, ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=test ${name}`]);
  return files;
}

const filesIn = (folder: string, name: string): CertificateFiles => ({ cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) });

const request = ({ cert, key }: CertificateFiles, parameters: readonly string[]): void =>
  void execFileSync('openssl', ['req', '-x509', ...parameters, '-keyout', key, '-out', cert], { stdio: 'ignore' });
