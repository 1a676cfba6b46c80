### Te reo Māori. Holds only words that a published glossary confirms; all others fall back to
### English. It awaits a translator, who should look at these few as well.
###
### Source of each: Te Aka Māori Dictionary, https://maoridictionary.co.nz, the headword as given.

# mahere: plan, map
plan = Mahere
# pūrongo: report
report = Pūrongo
# āwhina: help, assistance
help = Āwhina
