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
coverage = Coverage
definitions = Definitions
data = Data
invites = Invites
devices = Devices
tokens = Tokens
ledger = Ledger

pages = Pages
skip = Skip to the content
national-team = National team

audience-device = this computer only
audience-network = the network
audience-government = government
audience-everybody = everybody

status-exploring = exploring
status-prototyping = prototyping
status-testing = testing
status-adopting = adopting
status-scaling = scaling

add = Add
save = Save
save-all = Save all
print = Print
download = Download
search = Search

set-up = Set up this computer
recovery-words = Your recovery words
recovery-check = Check your paper
recovery-earlier = Go on where it stopped
joining = Joining
joined = This computer has joined
