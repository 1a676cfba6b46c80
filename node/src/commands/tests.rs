//! Command lines and their output, on a node without a hub.

use expect_test::expect;

use self::desk::check;

mod alignment;
mod answered;
mod base;
mod desk;
mod files;
mod kept;
mod newcomer;
mod own;
mod parts;
mod published;
mod released;
mod slips;
mod versions;

#[test]
fn a_value_needs_somebody_to_choose_how_far_it_travels() {
    check(
        "SET 2022-12 --breakdown age=12+ --status L
         indicator adopt VAX_PRIMARY --audience network
         SET 2022-12 --breakdown age=12+ --status L
         SET 2022-12 --breakdown age=12+ --status L
         observation retract $3
         observation list
         history",
        expect![[r#"
            # No one has chosen how far values of VAX_PRIMARY may travel. Choose it once
            # (weft-node indicator adopt VAX_PRIMARY --audience network), or give --audience
            # with this value.
            exit 3
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            VAX_PRIMARY/FAR_NORTH/2022-12/age=12+
            # Saved as not collected.
            # Saved on this computer; 2 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            VAX_PRIMARY/FAR_NORTH/2022-12/age=12+
            # That is what stood there already: not collected. Nothing was changed.
            # VAX_PRIMARY/FAR_NORTH/2022-12/age=12+ is taken back; the value that stood there
            # stays in its history.
            id                                     figure  status          audience
            VAX_PRIMARY/FAR_NORTH/2022-12/age=12+          O (taken back)  network
            MINUTE  Device 1, waiting
              adoptions/VAX_PRIMARY
                adopted, audience network
            MINUTE  Device 1, waiting
              observations/VAX_PRIMARY/FAR_NORTH/2022-12/age=12+
                not collected
            MINUTE  Device 1, waiting
              observations/VAX_PRIMARY/FAR_NORTH/2022-12/age=12+
                taken back
        "#]],
    );
}

#[test]
fn wrong_values_are_refused_with_what_would_be_right() {
    check(
        "indicator adopt NOPE --audience network
         indicator adopt VAX_PRIMARY --audience everybody
         indicator adopt VAX_PRIMARY --audience network
         observation set VAX_PRIMARY --area OPOTIKI --period 2022 --breakdown total \
         --numerator 9 --denominator 8
         SET yesterday --status L
         observation retract VAX_PRIMARY/FAR_NORTH/2022-12/total
         conflicts settle nothing --choose 1
         conflicts settle  --choose 1
         observation list --json",
        expect![[r##"
            # There is no indicator NOPE. There are: HEAT_MAIN, VAX_PARTIAL, VAX_PRIMARY.
            exit 2
            # error: invalid value 'everybody' for '--audience <AUDIENCE>': "everybody" is
            #   no audience: it is one of team, network, released
            # 
            # For more information, try '--help'.
            exit 2
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            # Nothing was saved: OPOTIKI is not an area of this location in 2022: its areas
            # are FAR_NORTH; the national team assigns areas; VAX_PRIMARY is reported by
            # month, and 2022 is a year: write a month as 2024-03; the numerator 9 is above
            # the denominator 8, and VAX_PRIMARY is a proportion: check both, they may be
            # swapped.
            exit 2
            # "yesterday" is not a period: write a year as 2023, a fiscal year as FY2024, a
            # quarter as 2024-Q1, a month as 2024-03, a week as 2024-W05 or pooled years as
            # Y2017-2020.
            exit 2
            # There is no value VAX_PRIMARY/FAR_NORTH/2022-12/total. weft-node observation
            # list shows what there is.
            exit 2
            # There is no conflict nothing; it may have been settled already. weft-node
            # conflicts shows what there is.
            exit 2
            # No conflict was named. weft-node conflicts lists them, each with its id. Nothing
            # was changed.
            exit 2
            []
        "##]],
    );
}

#[test]
fn a_share_is_never_replaced_by_a_percentage_alone() {
    check(
        "indicator adopt VAX_PRIMARY --audience network
         SET 2023-06 --breakdown age=12+ --numerator 48,850 --denominator 60463
         SET 2023-06 --breakdown age=12+ --value 80.7
         SET 2023-06 --breakdown age=12+ --numerator 48,85 --denominator 60463
         SET 2023-06 --breakdown age=12+ --numerator 48851 --denominator 60463
         observation list
         observation retract VAX_PRIMARY --area FAR_NORTH --period 2023-06 --breakdown age=12+
         observation retract VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
         observation retract VAX_PRIMARY
         observation list
         history --record observations/VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
         SET 2023-05 --breakdown age=12+ --value 80.7",
        expect![[r##"
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
            # Saved as 48850 of 60463 (80.8%), normal.
            # Saved on this computer; 2 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            # Nothing was saved: counts stand there, VAX_PRIMARY is a proportion, and a value
            # alone cannot be added up: the location would drop out of the network's figure;
            # give numerator and denominator.
            #   weft-node observation set VAX_PRIMARY --area FAR_NORTH --period 2023-06 --breakdown "age=12+" --numerator N --denominator D
            exit 2
            # --numerator: "48,85" is not a number: a comma may only stand between thousands,
            # as in "56,393", and decimals follow a point.
            exit 2
            VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
            # Saved as 48851 of 60463 (80.8%), normal.
            # It replaces 48850 of 60463, normal, from Device 1, which stays in the history.
            # Saved on this computer; 3 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            id                                     figure          status  audience
            VAX_PRIMARY/FAR_NORTH/2023-06/age=12+  48851 of 60463  A       network
            # VAX_PRIMARY/FAR_NORTH/2023-06/age=12+ is taken back; the value that stood there
            # stays in its history.
            # VAX_PRIMARY/FAR_NORTH/2023-06/age=12+ had been taken back already.
            # Say which value of VAX_PRIMARY: --area CODE --period PERIOD, and --breakdown
            # NAME=VALUE where it has parts; or give its id, as weft-node observation list
            # shows it.
            exit 2
            id                                     figure  status          audience
            VAX_PRIMARY/FAR_NORTH/2023-06/age=12+          O (taken back)  network
            MINUTE  Device 1, waiting
              observations/VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
                48850 of 60463, normal
            MINUTE  Device 1, waiting
              observations/VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
                48851 of 60463, normal
            MINUTE  Device 1, waiting
              observations/VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
                taken back
            VAX_PRIMARY/FAR_NORTH/2023-05/age=12+
            # Saved as 80.7%, normal.
            # A value alone cannot be added up, and VAX_PRIMARY is a proportion: this one
            # counts in no figure of the network until numerator and denominator are given.
            # Saved on this computer; 5 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
        "##]],
    );
}

#[test]
fn what_nobody_knows_is_said_to_be_unknown() {
    check(
        "indicator adopt VAX_PRIMARY --audience network
         history --record VAX_PRIMARY/FAR_NORTH/2023-07/age=12+
         history --record nothing
         observation list --indicator HEAT_MAIN
         observation list --indicator HEAT",
        expect![[r##"
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            # The history here has no record "VAX_PRIMARY/FAR_NORTH/2023-07/age=12+", or that
            # is the beginning of several. The lists show ids: weft-node observation list,
            # weft-node initiative list and so on; weft-node history shows every one.
            exit 2
            # The history here has no record "nothing", or that is the beginning of several.
            # The lists show ids: weft-node observation list, weft-node initiative list and so
            # on; weft-node history shows every one.
            exit 2
            # No value fits. Without --indicator and --period, all there are are listed.
            # There is no indicator HEAT. There are: HEAT_MAIN, VAX_PARTIAL, VAX_PRIMARY.
            exit 2
        "##]],
    );
}

#[test]
fn what_is_not_said_is_not_guessed() {
    check(
        "indicator adopt VAX_PRIMARY --audience network
         observation list
         SET 2023-06 --numerator 1 --denominator 2
         SET 2099-01 --breakdown total --numerator 1 --denominator 2
         SET 2023-06 --breakdown total --numerator 1 --denominator 2
         observation retract VAX_PRIMARY --area FAR_NORTH --period 2023-05
         target add --indicator VAX_PRIMERY --value 90
         target add --indicator VAX_PRIMARY --area FARNORTH --value 90
         target list
         target add --indicator VAX_PRIMARY --area FAR_NORTH --value 90
         target add --indicator vax_primary --value 90 --breakdown age=13+
         target edit $10 --breakdown 12+
         target edit $10 --breakdown age=12+",
        expect![[r##"
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            # There are no values yet. Enter one with weft-node observation set, or a file of
            # them with weft-node import observations.
            VAX_PRIMARY/FAR_NORTH/2023-06/total
            # Saved as 1 of 2 (50.0%), normal.
            # No --breakdown was named, so this is the figure for everybody together.
            # VAX_PRIMARY is also reported in parts: age=12+, age=5-11.
            # Saved on this computer; 2 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            # Nothing was saved: 2099-01 has not begun: it starts on 2099-01-01, and today is
            # no later than TODAY; check the period, and this computer's clock.
            exit 2
            VAX_PRIMARY/FAR_NORTH/2023-06/total
            # That is what stood there already: 1 of 2 (50.0%), normal. Nothing was changed.
            # There is no value VAX_PRIMARY/FAR_NORTH/2023-05/total. weft-node observation
            # list shows what there is.
            exit 2
            # indicator: "VAX_PRIMERY" is not an indicator here. There are: VAX_PRIMARY,
            # VAX_PARTIAL, HEAT_MAIN. Nothing was saved.
            exit 2
            # area: "FARNORTH" is not an area of this location. There are: FAR_NORTH. Nothing
            # was saved.
            exit 2
            # There is no target yet. weft-node target add --help says how to begin one.
            ID
            # Saved. Only your team's devices can read it; it goes to them sealed, by way of
            # the hub.
            # breakdown: VAX_PRIMARY has no breakdown age=13+: it has age=12+, age=5-11.
            # Nothing was saved.
            exit 2
            # breakdown: "12+" is not a breakdown: write a name and a value, such as age=12+,
            # or total. Nothing was saved.
            exit 2
            # Saved. Only your team's devices can read it; it goes to them sealed, by way of
            # the hub.
        "##]],
    );
}

#[test]
fn records_are_added_found_changed_and_removed() {
    check(
        "partner add --name Example:~a~school --kind school
         initiative add --name Example:~water --partners $1 --status testing --audience network
         initiative edit $2 --status scaling
         initiative edit $2 --status somewhere
         initiative show $2
         initiative list
         partner edit $1 --audience network
         partner list
         initiative remove $2 --audience team
         initiative remove $2 --audience network
         initiative remove $2
         initiative list
         initiative show $2
         initiative list --removed
         initiative restore $2 --audience network
         initiative list
         initiative restore $2
         target add --indicator VAX_PRIMARY --value ninety",
        expect![[r#"
            ID
            # Saved. Only your team's devices can read it; it goes to them sealed, by way of
            # the hub.
            ID
            # Saved on this computer; 2 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            # Saved on this computer; 3 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            # status: "somewhere" is not one of: exploring, prototyping, testing, scaling,
            # embedded, stopped. Nothing was saved.
            exit 2
            initiative     ID
            audience       network
            Initiative     Example: water
            Status         scaling
            Partners       ID
            initiative      audience  id
            Example: water  network   ID-
            # Saved on this computer; 5 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            partner            audience  id
            Example: a school  network   ID-
            # It is for the audience network, not team, and what is done to it travels as far.
            # Nothing was changed. Give --audience network, or leave it out.
            exit 2
            # Removed from the lists; what it said stays in the history. To put it back:
            # weft-node initiative restore ID
            # This initiative was removed already. Nothing was changed.
            # There is no initiative but one that was removed: weft-node initiative list
            # --removed shows it.
            # This initiative was removed. To put it back:
            #   weft-node initiative restore ID
            exit 2
            initiative      audience  id
            Example: water  network   ID-
            # To put one back: weft-node initiative restore ID
            # Put back into the lists.
            initiative      audience  id
            Example: water  network   ID-
            # This initiative is in the lists already. Nothing was changed.
            # value: "ninety" is not a number: write digits with a point for decimals, such as
            # 1311 or 24.5. Nothing was saved.
            exit 2
        "#]],
    );
}

#[test]
fn an_insight_travels_only_as_far_as_its_teller_agreed() {
    check(
        "insight add --text Example:~it~is~dark --audience network
         insight add --text Example:~it~is~dark --audience released --consent network \
         --attribution none
         insight add --text Example:~it~is~dark --audience network --consent network \
         --attribution none
         insight show $3
         insight withdraw $3 --yes
         insight withdraw $3
         insight show $3
         insight edit $3 --setting Example:~a~path",
        expect![[r##"
            # An insight that goes further than your team needs the consent of the person who
            # said it: say how far it may travel (--consent network or released) and how they
            # are named (--attribution named, pseudonym or none).
            exit 2
            # The person who said it agreed to the audience "network", which does not include
            # "released": ask them again, or choose a narrower audience.
            exit 2
            ID
            # Saved on this computer; 1 entry waits: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            insight        ID
            audience       network
            What was heard Example: it is dark
            Consent        network
            Attribution    none
            # Withdrawn: its words are deleted from this computer, and at the hub and on your
            # colleagues' devices when they next exchange. Copies that somebody exported
            # before cannot be recalled; what was shared with a public agency may have to be
            # kept by law.
            # It had been withdrawn already; nothing was changed.
            insight        ID
            audience       network
            What was heard (taken back by the person who said it)
            Consent        network
            Attribution    none
            # The person who said it took this insight back; it takes no more changes.
            exit 3
        "##]],
    );
}

#[test]
fn without_the_hub_the_work_is_safe() {
    check(
        "sync --once
         device invite
         device revoke 1
         status
         join weft://example
         sync",
        expect![[r#"
            # The hub at 127.0.0.1:1 does not answer: it may be down, the address may be
            # wrong, or a firewall blocks UDP. Your work is safe on this computer and is
            # shared once the hub answers.
            exit 20
            # No invite was made. Do it again once the hub answers. The hub at 127.0.0.1:1
            # does not answer: it may be down, the address may be wrong, or a firewall blocks
            # UDP. Your work is safe on this computer and is shared once the hub answers.
            exit 20
            # Nothing was revoked: the device can still share. Do it again once the hub
            # answers. The hub at 127.0.0.1:1 does not answer: it may be down, the address may
            # be wrong, or a firewall blocks UDP. Your work is safe on this computer and is
            # shared once the hub answers.
            exit 20
            location     FN Healthy Families Far North
            device       Device 1,
                         8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c
            network      Example network, operated by Example operator
            areas        FAR_NORTH
            time zone    UTC
            saved        never
            last shared  never
            waiting      0 entries
            team only    0 records: only your team's devices can read them
            last backup  none yet: weft-node backup schedule --to FOLDER makes one each day
            hub          127.0.0.1:1, not reachable when it was last tried
            # The hub at 127.0.0.1:1 does not answer: it may be down, the address may be
            # wrong, or a firewall blocks UDP. Your work is safe on this computer and is
            # shared once the hub answers.
            # This computer has joined already. To join another location or network, use
            # another --data-dir.
            exit 3
            # error: the following required arguments were not provided:
            #   --once
            # 
            # Usage: weft-node sync --once
            # 
            # For more information, try '--help'.
            exit 2
        "#]],
    );
}

#[test]
fn parts_of_a_person_are_refused_and_what_is_saved_is_said() {
    check(
        "indicator adopt VAX_PRIMARY --audience network
         SET 2023-06 --breakdown age=12+ --numerator 48.850 --denominator 60463
         SET 2023-06 --breakdown age=12+ --numerator 48850 --denominator 60463
         SET 2023-06 --breakdown age=12+ --numerator 48850 --denominator 60463",
        expect![[r#"
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            # Nothing was saved: the numerator 48.85 is a fraction, and VAX_PRIMARY counts
            # whole people: write the whole number, with a comma between thousands or none (a
            # point begins decimals: 48850 where 48.850 was meant).
            exit 2
            VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
            # Saved as 48850 of 60463 (80.8%), normal.
            # Saved on this computer; 2 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            VAX_PRIMARY/FAR_NORTH/2023-06/age=12+
            # That is what stood there already: 48850 of 60463 (80.8%), normal. Nothing was
            # changed.
        "#]],
    );
}
