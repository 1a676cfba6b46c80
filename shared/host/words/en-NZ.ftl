### Words of both programs' pages: navigation, audiences, statuses, buttons, headings. Complete.

today = Today
plan = Plan
indicators = Indicators
insights = Insights
agenda = Agenda
to-settle = To settle
import = Import
sharing = Sharing
report = Report
settings = Settings
history = History
help = Help
overview = Overview
locations = Locations
line-of-sight = Line of sight
money = Money
learning-reviews = Learning reviews
investments = Investments
to-look-at = To look at
ends-within-a-year = Ends within a year
lines-of-money = Lines
who-else-states-it = Who else states it
its-parts = Its parts
coverage = Coverage
definitions = Definitions
data = Data
administration = Administration
people = People
invite-a-person = Invite a person
resets = Who was let in again, and new admins
ledger-file = All of it, as a file
invites = Invites
devices = Devices
tokens = Tokens
ledger = Ledger

pages = Pages
skip = Skip to the content
national-team = National team

audience-device = our team only
audience-network = the network
audience-released = releases

status-exploring = exploring
status-prototyping = prototyping
status-testing = testing
status-adopting = adopting
status-scaling = scaling

add = Add
save = Save
save-all = Save all
print = Print
report-for-print = Report for print
download = Download
search = Search

set-up = Set up this computer
join-network = Join a network
start-alone = Start alone
recovery-words = Your recovery words
recovery-check = Check your paper
recovery-earlier = Carry on where it stopped
recovery-way-back = Bring your location back
joining = Joining
joined = This computer has joined

## Headings and buttons of the node's pages.

define-an-indicator = Define an indicator of your own
if-the-meaning-changes = If the meaning changes
more-of-a-definition = More: parts, dates, source
enter-values = Enter values
other-periods-areas-columns = Other periods, areas or columns
fields = Fields
columns = Columns
show = Show
copy-denominators = Copy last period’s denominators

## Headings of the hub's pages.

all-indicators = All indicators
all-locations = All locations
what-people-said = What people said
what-was-due = What was due and did not come
all-versions = All versions
national-overview = National overview
what-shifted = What shifted
what-is-missing = What is missing
other-indicators = The other indicators
last-heard-from = When each location was last heard from
what-it-works-on = What it works on
what-it-says = What it says for itself
what-matters-here = What matters here
how-fresh = How fresh this is
about-the-place = About the place
areas = Areas
story = Story behind the curve
what-is-being-done = What is being done
how-it-is-made = How it is made
health = Health
checks = Checks
this-hub = This hub
make-an-invite = Make an invite
make-a-way-back = A way back for a location
invites-so-far = Invites so far
make-a-token = Make a token
tokens-so-far = Tokens so far
add-a-location = Add a location
import-definitions = Import definitions
import-file = Import this file
import-text = Import this text
changes-of-the-base = Changes of the base
changes-so-far = Changes so far
for-the-national-team = For the national team only. Not disclosure-controlled, not for publication.
for-the-operator = For the people who run this hub only. Every change is written in the ledger.
