<?php
// Makes the accounts of portal.json and some pages: run.php seed.php --portal portal.json
use MediaWiki\Maintenance\Maintenance;
use MediaWiki\MediaWikiServices;
use MediaWiki\Permissions\UltimateAuthority;
use MediaWiki\Title\Title;
use MediaWiki\User\User;

class SeedPractice extends Maintenance {
	public function __construct() {
		parent::__construct();
		$this->addOption( 'portal', 'portal.json', true, true );
	}

	public function execute() {
		$seed = json_decode( file_get_contents( $this->getOption( 'portal' ) ), true );
		foreach ( $seed['accounts'] as $account ) {
			$user = User::newFromName( $account['username'] );
			$user->addToDatabase();
			$this->checkStatus( $user->changeAuthenticationData( [
				'username' => $user->getName(), 'password' => $account['password'], 'retype' => $account['password']
			] ) );
			if ( ( $account['state'] ?? '' ) === 'expired' ) {
				$this->getPrimaryDB()->newUpdateQueryBuilder()->update( 'user' )
					->set( [ 'user_password_expires' => $this->getPrimaryDB()->timestamp( '20200101000000' ) ] )
					->where( [ 'user_id' => $user->getId() ] )->caller( __METHOD__ )->execute();
			}
		}
		$author = new UltimateAuthority( User::newSystemUser( 'Seed', [ 'steal' => true ] ) );
		for ( $number = 1; $number <= 30; $number++ ) {
			$page = MediaWikiServices::getInstance()->getWikiPageFactory()
				->newFromTitle( Title::newFromText( sprintf( 'Claim %04d', $number ) ) );
			$this->checkStatus( $page->doUserEditContent( ContentHandler::makeContent( "Claim number $number.", $page->getTitle() ), $author, 'seed' ) );
		}
	}

	private function checkStatus( $status ) {
		if ( !$status->isOK() ) {
			$this->fatalError( (string)$status );
		}
	}
}
return SeedPractice::class;
