import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Profile {
  readonly defaultAction: string;
  readonly syscalls: readonly { readonly names: readonly string[]; readonly action: string; readonly args?: readonly object[] }[];
}
const profile = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docker/images/seccomp-browser.json'), 'utf8')) as Profile;
const allowed = profile.syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW');

it('the browser’s profile refuses whatever it does not name, and names nothing twice', () => {
  expect(profile.defaultAction).toBe('SCMP_ACT_ERRNO');
  const names = profile.syscalls.flatMap((each) => each.names);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it('what reaches the kernel, its keys, other processes or file systems is not in it', () => {
  const all = new Set(allowed.flatMap(({ names }) => names));
  const never = [
    'mount',
    'umount2',
    'pivot_root',
    'setns',
    'bpf',
    'ptrace',
    'perf_event_open',
    'process_vm_readv',
    'process_vm_writev',
    'keyctl',
    'add_key',
    'request_key',
  ];
  const neither = [
    'io_uring_setup',
    'userfaultfd',
    'init_module',
    'finit_module',
    'kexec_load',
    'open_by_handle_at',
    'reboot',
    'swapon',
    'acct',
    'settimeofday',
    'clone3',
  ];
  expect([...never, ...neither].filter((name) => all.has(name))).toEqual([]);
});

it('namespaces are made for users, processes and networks alone', () => {
  expect(allowed.find(({ names }) => names.includes('clone'))).toMatchObject({
    names: ['clone', 'unshare'],
    args: [{ index: 0, value: 0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
  });
});
