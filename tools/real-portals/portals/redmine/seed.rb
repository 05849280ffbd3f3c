# Fills a new database: Redmine's own default data, the password rules, the accounts of portal.json, and a project with issues.
#   rails runner seed.rb portal.json
require 'json'

seed = JSON.parse(File.read(ARGV.fetch(0)))
Redmine::DefaultData::Loader.load('en')

settings = {
  'login_required' => '1',
  'password_min_length' => '12',
  'password_required_char_classes' => %w[uppercase lowercase digits special_chars],
  'password_max_age' => '60',
  'self_registration' => '0',
  'lost_password' => '0',
  'per_page_options' => '25,50'
}
settings.each { |name, value| Setting[name] = value }

project = Project.create!(name: 'Claims', identifier: 'claims', is_public: false, enabled_module_names: %w[issue_tracking])
role = Role.find_by!(name: 'Reporter')

accounts = seed.fetch('accounts').values.map do |account|
  user = User.new(firstname: 'Account', lastname: account['username'], mail: "#{account['username']}@practice.test", language: 'en')
  user.login = account['username']
  user.password = user.password_confirmation = account['password']
  user.status = { 'locked' => User::STATUS_LOCKED, 'pending' => User::STATUS_REGISTERED }.fetch(account['state'], User::STATUS_ACTIVE)
  user.must_change_passwd = account['state'] == 'must_change'
  user.twofa_scheme, user.twofa_totp_key = 'totp', account['mfaSeed'] if account['mfaSeed']
  user.save!
  user.update_column(:passwd_changed_on, 61.days.ago) if account['state'] == 'expired'
  Member.create!(user: user, project: project, roles: [role])
  user
end

# The first administrator comes with a well-known password.
User.where(admin: true).update_all(status: User::STATUS_LOCKED)

statuses = IssueStatus.where(is_closed: false).order(:position).to_a
priorities = IssuePriority.order(:position).to_a
(1..60).each do |number|
  Issue.create!(
    project: project, tracker: project.trackers.first, author: accounts.first, subject: format('Claim CLM-%04d', number),
    status: statuses[number % statuses.size], priority: priorities[number % priorities.size]
  )
end
ActiveRecord::Base.connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
