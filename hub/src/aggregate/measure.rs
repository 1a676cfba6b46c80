//! For the bench of figures at national scale: facts without entries, written by what folding
//! writes them with and read by what pages and the API read. Nothing else uses it.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use rusqlite::Connection;
use weft_shared::{
    id::{DocName, IndicatorCode, LocationCode, LocationId},
    model::observation::{ObservationKey, Statement},
    rollup::{Cell, CellKey, Network},
    time::Timestamp,
};
use weft_store::Open;

use super::{
    fold::sum::Deltas,
    reader::{CellFilter, Reader},
    seen::Seen,
    writes::Writes,
};
use crate::store::{
    LocationRow, Store, StoreError,
    derived::{
        facts::{FactPlace, FactRow},
        names::{Form, Names},
        past::Standing,
    },
    rosters,
};

/// A document of observations, and what it states.
pub type Stated = (LocationId, i16, Vec<(ObservationKey, Statement)>);

/// A store of facts alone.
pub struct Facts {
    store: Store,
    conn: Connection,
    names: Names,
    network: Arc<Seen>,
    lix: BTreeMap<LocationId, LocationRow>,
    entry: u64,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts").finish_non_exhaustive()
    }
}

impl Facts {
    /// Opens the store in a file, or makes one.
    ///
    /// # Errors
    /// If the store fails.
    pub fn open(file: &Path, network: Network) -> Result<Self, StoreError> {
        let store = Store::open(file, Open::Create)?;
        let ids: Vec<_> = network.members().collect();
        let ids: Vec<_> = ids.iter().filter_map(|one| one.place.location_id).collect();
        let hub = LocationId::new([0; 16]);
        let lix = store.writer().run_blocking(move |conn| {
            // The first row is the hub's own.
            rosters::found(conn, &hub, Timestamp::from_ms(0))?;
            let founded = ids
                .into_iter()
                .map(|id| Ok((id, rosters::found(conn, &id, Timestamp::from_ms(0))?)));
            founded.collect::<Result<_, StoreError>>()
        })?;
        let conn = store.reader()?;
        Ok(Self {
            names: Names::read(&conn)?,
            store,
            conn,
            network: Seen::new(network),
            lix,
            entry: 0,
        })
    }

    /// States what documents say in one bite, as folding does. A document is one entry.
    ///
    /// # Errors
    /// If the store fails.
    pub fn stage(&mut self, documents: Vec<Stated>) -> Result<(), StoreError> {
        let mut writes = Writes::default();
        for (location, year, stated) in documents {
            let lix = *self
                .lix
                .get(&location)
                .ok_or(StoreError::Damaged("locations"))?;
            self.entry += 1;
            let name = DocName::first(format!("observations/{year}").as_str());
            let document = self.names.document(lix, &name.id(&location), year);
            for (key, statement) in stated {
                let (series, label) = self.names.series(&key.indicator, &key.breakdown);
                self.names.slice(label, key.period);
                let place = FactPlace {
                    document,
                    series,
                    period: key.period.number(),
                    place: self.names.place(lix, &key.area),
                };
                let row = FactRow {
                    form: self.names.form(Form::of(&statement)),
                    statement,
                    at: Some(Timestamp::from_ms(1_700_000_000_000)),
                    entry: Some(self.entry),
                };
                let standing = Standing {
                    since: self.entry,
                    withdraws: None,
                    rows: vec![row],
                };
                writes.facts.insert(place, vec![standing]);
            }
        }
        writes.names = self.names.take_fresh();
        if writes.names.has_places() {
            self.network = self.network.again();
        }
        writes.sums = Deltas::new(&self.conn, &self.names, &self.network).of_bite(&writes)?;
        let writer = self.store.writer();
        writer.run_blocking(move |conn| writes.write(conn))
    }

    /// Makes the sums of all facts that are in none, as the aggregation does when it is idle.
    ///
    /// # Errors
    /// If the store fails.
    pub fn settle(&self) -> Result<(), StoreError> {
        let locations = self.lix.iter().map(|(id, lix)| (*lix, *id)).collect();
        loop {
            let deltas = Deltas::new(&self.conn, &self.names, &self.network);
            let writes = deltas.of_late(&locations, &self.store)?;
            if writes.is_empty() {
                return Ok(());
            }
            let writer = self.store.writer();
            writer.run_blocking(move |conn| writes.write(conn))?;
        }
    }

    pub(crate) fn reader(&self) -> Result<Reader<'_>, StoreError> {
        Reader::new(&self.conn, &self.network)
    }

    /// One figure.
    ///
    /// # Errors
    /// If the store fails.
    pub fn cell(&self, key: &CellKey) -> Result<Option<Cell>, StoreError> {
        self.reader()?.cell(key)
    }

    /// The network's figures of an indicator.
    ///
    /// # Errors
    /// If the store fails.
    pub fn series(&self, indicator: &IndicatorCode) -> Result<Vec<Cell>, StoreError> {
        let filter = CellFilter {
            indicator: Some(indicator.clone()),
            ..CellFilter::default()
        };
        let mut cells = Vec::new();
        let reader = Reader::new(&self.conn, &self.network)?;
        reader.network_cells(&filter, |summed| cells.push(summed.cell))?;
        Ok(cells)
    }

    /// Passes on all figures of a location, one after another as the data interface does.
    ///
    /// # Errors
    /// If the store fails.
    pub fn location(&self, code: &LocationCode, take: impl FnMut(Cell)) -> Result<(), StoreError> {
        let filter = CellFilter {
            location: Some(code.clone()),
            ..CellFilter::default()
        };
        self.reader()?.cells(&filter, take)
    }
}
