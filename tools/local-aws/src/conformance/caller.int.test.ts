import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { conformance, refused, type Stage } from './case.fixture.ts';
import { type ClientOptions, sdkClients } from './subject.fixture.ts';

const as = (stage: Stage, change: Partial<ClientOptions['credentials']>) => sdkClients({ ...stage, credentials: { ...stage.credentials, ...change } });
const read = (stage: Stage) => new GetParameterCommand({ Name: `${stage.path}/p` });
const departs = { emulator: 'checks no signature' };

conformance([
  {
    title: 'a key that does not exist is refused by a JSON service',
    cites: 'Systems Manager Common Errors: UnrecognizedClientException',
    departs,
    run: (stage) => refused(as(stage, { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }).ssm.send(read(stage)), 'UnrecognizedClientException'),
  },
  {
    title: 'a key that does not exist is refused by a query service',
    cites: 'STS Common Errors: InvalidClientTokenId, 403',
    departs,
    run: (stage) => refused(as(stage, { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }).sts.send(new GetCallerIdentityCommand({})), 'InvalidClientTokenId', 403),
  },
  {
    title: 'a signature with another secret is refused by a JSON service',
    cites: 'Troubleshoot Signature Version 4 (IAM User Guide): InvalidSignatureException',
    departs,
    run: (stage) => refused(as(stage, { secretAccessKey: 'another' }).ssm.send(read(stage)), 'InvalidSignatureException'),
  },
  {
    title: 'a signature with another secret is refused by a query service',
    cites: 'Troubleshoot Signature Version 4 (IAM User Guide): SignatureDoesNotMatch',
    departs,
    run: (stage) => refused(as(stage, { secretAccessKey: 'another' }).sts.send(new GetCallerIdentityCommand({})), 'SignatureDoesNotMatch', 403),
  },
  {
    title: 'a session token that nobody issued is refused',
    cites: 'Systems Manager Common Errors: UnrecognizedClientException',
    departs,
    run: (stage) => refused(as(stage, { sessionToken: Buffer.alloc(64).toString('base64') }).ssm.send(read(stage)), 'UnrecognizedClientException'),
  },
  {
    title: 'a signature for another region is refused',
    cites: 'Troubleshoot Signature Version 4 (IAM User Guide): credential scope',
    departs,
    run: (stage) => refused(sdkClients({ ...stage, region: 'eu-west-1' }).ssm.send(read(stage)), 'InvalidSignatureException'),
  },
]);
