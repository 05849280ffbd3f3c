interface EximPlan {
  readonly folder: string;
  readonly ports: { readonly own: number; readonly anybody: number };
  readonly authservId: string;
}

/**
 * An Exim that takes every mail and puts it into the maildir of its recipient's domain. What a receiving server finds by DMARC it knows by the port here: at one of them are the servers that a
 * domain has named, at the other is everybody else. As RFC 8601 allows, it leaves older fields in its name below its own.
 */
export const eximConfiguration = ({ folder, ports, authservId }: EximPlan): string => `
spool_directory = ${folder}/spool
log_file_path = ${folder}/spool/log/%slog
pid_file_path = ${folder}/exim.pid
primary_hostname = ${authservId}
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${ports.own} : ${ports.anybody}
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
deliver_drop_privilege = true
smtp_accept_max = 100
smtp_load_reserve = 10000
message_size_limit = 20M
keep_environment =
acl_smtp_rcpt = take
acl_smtp_data = judge
begin acl
take:
  accept
judge:
  warn condition = \${if eq{$received_port}{${ports.own}}}
    add_header = :at_start:Authentication-Results: ${authservId};\\n\\tdmarc=pass (p=reject) header.from=\${domain:\${address:$h_From:}}
  warn condition = \${if eq{$received_port}{${ports.anybody}}}
    add_header = :at_start:Authentication-Results: ${authservId};\\n\\tdmarc=fail (p=reject) header.from=\${domain:\${address:$h_From:}}
  accept
begin routers
mailboxes:
  driver = accept
  domains = dsearch,filter=dir;${folder}/mail
  transport = maildir
begin transports
maildir:
  driver = appendfile
  maildir_format = true
  directory = ${folder}/mail/$domain_data
  create_directory = true
  directory_mode = 0700
  mode = 0600
begin retry
* * F,10m,1s
`;
