//! Single reads for tests. The program reads all that belongs together at once.

use std::{collections::BTreeMap, sync::Arc};

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{indicator::Definition, observation::Breakdown},
    period::Period,
    rollup::Explanation,
    text::BadText,
};

use crate::{
    aggregate::seen::Seen,
    app::{
        AppError, AppHandle, Confirmation, DeviceView, InviteRow, LedgerRow, LocationView, ReadRow,
        SharedRecord, Status, TokenRow, Unrecorded,
    },
    figures::{RollupAnswer, RollupQuery},
};

type Read<T> = Result<T, AppError>;

impl AppHandle {
    pub(crate) async fn locations(&self) -> Read<Vec<LocationView>> {
        self.read(|at| at.locations()).await
    }

    pub(crate) async fn confirmation(&self, code: &LocationCode) -> Read<Confirmation> {
        let code = code.clone();
        self.read(move |at| at.confirmation(&code)).await
    }

    pub(crate) async fn devices(&self) -> Read<Vec<DeviceView>> {
        self.read(|at| at.devices()).await
    }

    pub(crate) async fn invites(&self) -> Read<Vec<InviteRow>> {
        self.read(|at| at.invites()).await
    }

    pub(crate) async fn tokens(&self) -> Read<Vec<TokenRow>> {
        self.read(|at| at.tokens()).await
    }

    /// Whether a token opens anything.
    pub(crate) async fn check_token(&self, text: &str) -> bool {
        self.bearer(text, None).await.is_ok()
    }

    pub(crate) async fn ledger(&self, rows_max: u32) -> Read<Vec<LedgerRow>> {
        self.read(move |at| at.ledger(rows_max)).await
    }

    pub(crate) async fn reads(&self, rows_max: u32) -> Read<Vec<ReadRow>> {
        self.read(move |at| at.reads(rows_max)).await
    }

    pub(crate) async fn status(&self) -> Read<Status> {
        self.read(|at| at.status()).await
    }

    pub(crate) fn definitions(&self) -> Read<Vec<Definition>> {
        let standing = self.shared.own.standing();
        Ok(standing.definitions().into_values().collect())
    }

    pub(crate) async fn time_zone(&self) -> Option<String> {
        let read = self.read(|at| Ok(at.time_zone()));
        read.await.unwrap()
    }

    pub(crate) async fn network_context(&self) -> Read<Arc<Seen>> {
        self.counted(|at| Ok(Arc::clone(&at.network))).await
    }

    pub(crate) async fn rollup(&self, query: RollupQuery) -> Read<Unrecorded<RollupAnswer>> {
        self.counted(move |at| at.rollup(&query)).await
    }

    pub(crate) async fn typed_breakdown(
        &self,
        text: &str,
        indicator: &IndicatorCode,
    ) -> Result<Breakdown, BadText> {
        let (text, code) = (text.to_owned(), indicator.clone());
        let read = self.read(move |at| Ok(at.typed_breakdown(&text, Some(&code))));
        read.await.unwrap()
    }

    pub(crate) async fn explain(
        &self,
        indicator: IndicatorCode,
        period: Period,
        breakdown: Breakdown,
        location: Option<LocationCode>,
    ) -> Read<Unrecorded<Explanation>> {
        self.counted(move |at| at.explain(indicator, period, breakdown, location))
            .await
    }

    pub(crate) async fn plan(
        &self,
        location: Option<&LocationCode>,
    ) -> Read<Unrecorded<Vec<SharedRecord>>> {
        let location = location.cloned();
        self.counted(move |at| at.plan(location.as_ref())).await
    }

    pub(crate) async fn insights(
        &self,
        location: Option<&LocationCode>,
    ) -> Read<Unrecorded<Vec<SharedRecord>>> {
        let location = location.cloned();
        self.counted(move |at| at.insights(location.as_ref())).await
    }

    pub(crate) async fn insight_counts(&self) -> Read<BTreeMap<String, usize>> {
        self.counted(|at| Ok(at.insight_counts()?.unshown())).await
    }
}
