# The portal's accounts in an sqlite table, and their second factors where LemonLDAP::NG keeps them: in sessions that persist.
#   perl seed.pl portal.json DATA
use strict;
use warnings;
use DBI;
use JSON;
use Lemonldap::NG::Common::Session;
use Lemonldap::NG::Common::Util qw(getPSessionID);

my ( $description, $data ) = @ARGV;
open my $file, '<', $description or die "$description: $!";
my $accounts = decode_json( do { local $/; <$file> } )->{accounts};

my $database = DBI->connect( "dbi:SQLite:dbname=$data/accounts.sqlite", '', '', { RaiseError => 1 } );
$database->do('CREATE TABLE account (name text PRIMARY KEY, password text NOT NULL, mail text NOT NULL)');
for my $account ( values %$accounts ) {
    my $name = $account->{username};
    $database->do( 'INSERT INTO account VALUES (?, ?, ?)', undef, $name, $account->{password}, "$name\@practice.test" );
    next unless $account->{mfaSeed};
    my $device  = { type => 'TOTP', name => 'practice', epoch => time, _secret => lc $account->{mfaSeed} };
    my $session = Lemonldap::NG::Common::Session->new(
        {
            storageModule        => 'Apache::Session::File',
            storageModuleOptions => { Directory => "$data/persistent", LockDirectory => "$data/persistent/lock" },
            id                   => getPSessionID($name),
            force                => 1,
            kind                 => 'Persistent',
            info                 => { _session_uid => $name, _2fDevices => encode_json( [$device] ) },
        }
    );
    die $session->error if $session->error;
}
