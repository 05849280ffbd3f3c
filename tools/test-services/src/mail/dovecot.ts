interface DovecotPlan {
  readonly folder: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
  /** Whose the maildirs are. */
  readonly user: { readonly uid: number; readonly gid: number };
}

/** A Dovecot that shows each maildir to a user of its name, by TLS alone. */
export const dovecotConfiguration = ({ folder, port, cert, key, user }: DovecotPlan): string => `
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_server_cert_file = ${cert}
ssl_server_key_file = ${key}
auth_mechanisms = plain
mail_driver = maildir
mail_path = ${folder}/mail/%{user}
mail_inbox_path = ${folder}/mail/%{user}
mail_uid = ${user.uid}
mail_gid = ${user.gid}
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
auth_failure_delay = 0
passdb static {
  password = mailbox-password-4711
}
userdb static {
  fields {
    uid = ${user.uid}
    gid = ${user.gid}
    home = ${folder}/mail/%{user}
  }
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = ${port}
    ssl = yes
  }
}
`;
