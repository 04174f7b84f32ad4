//! One article at one site, day by day.

use chrono::NaiveDate;

/// The books of one position.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) on_hand: i32,
    pub(crate) safety_stock: i32,
    /// The day on which each reserved piece is handed over.
    handovers: Vec<NaiveDate>,
    /// Deliveries on their way: day and pieces.
    arrivals: Vec<(NaiveDate, i32)>,
    /// The last day on which anything moved.
    pub(crate) moved: Option<NaiveDate>,
    /// What came in and what went out, to balance the books.
    #[cfg(test)]
    pub(crate) booked: (i32, i32),
}

impl Position {
    pub(crate) fn new(opening: i32, safety_stock: i32) -> Self {
        Self {
            on_hand: opening,
            safety_stock,
            handovers: Vec::new(),
            arrivals: Vec::new(),
            moved: None,
            #[cfg(test)]
            booked: (opening, 0),
        }
    }

    pub(crate) fn reserved(&self) -> i32 {
        i32::try_from(self.handovers.len()).unwrap_or(i32::MAX)
    }

    /// Available to promise.
    pub(crate) fn atp(&self) -> i32 {
        self.on_hand - self.reserved() - self.safety_stock
    }

    /// Deliveries on their way, the earliest first, one a day.
    pub(crate) fn inbound(&self) -> Vec<(NaiveDate, i32)> {
        let mut days = std::collections::BTreeMap::new();
        for (day, pieces) in &self.arrivals {
            *days.entry(*day).or_insert(0) += pieces;
        }
        days.into_iter().collect()
    }

    /// What is due on a day happens: deliveries come in, reserved pieces go out.
    pub(crate) fn begin(&mut self, today: NaiveDate) {
        let came: i32 = self
            .arrivals
            .iter()
            .filter(|(day, _)| *day <= today)
            .map(|(_, pieces)| pieces)
            .sum();
        self.arrivals.retain(|(day, _)| *day > today);
        let before = self.reserved();
        self.handovers.retain(|day| *day > today);
        let went = before - self.reserved();
        self.on_hand += came - went;
        if came + went > 0 {
            self.moved = Some(today);
        }
        #[cfg(test)]
        {
            self.booked.0 += came;
            self.booked.1 += went;
        }
    }

    /// Sells a piece to be handed over later, unless all pieces are sold; safety stock is sold too
    /// when a customer stands before it.
    pub(crate) fn sell(&mut self, today: NaiveDate, handover: NaiveDate) -> bool {
        let sold = self.on_hand > self.reserved();
        if sold {
            self.handovers.push(handover);
            self.moved = Some(today);
        }
        sold
    }

    /// Orders pieces when what can be promised and what is on its way fall below a level.
    pub(crate) fn order(&mut self, below: i32, pieces: i32, arrives: NaiveDate) {
        let on_their_way: i32 = self.arrivals.iter().map(|(_, pieces)| pieces).sum();
        if self.atp() + on_their_way < below {
            self.arrivals.push((arrives, pieces));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
    }

    #[test]
    fn a_sale_reserves_and_a_handover_takes_away() {
        let mut position = Position::new(2, 1);
        assert!(position.sell(day(1), day(3)));
        assert_eq!(
            (position.on_hand, position.reserved(), position.atp()),
            (2, 1, 0)
        );
        // The safety stock is sold, the reserved piece is not.
        assert!(position.sell(day(1), day(4)));
        assert!(!position.sell(day(1), day(4)));
        assert_eq!(position.atp(), -1);
        position.begin(day(3));
        assert_eq!(
            (position.on_hand, position.reserved(), position.moved),
            (1, 1, Some(day(3)))
        );
        position.begin(day(9));
        assert_eq!((position.on_hand, position.reserved()), (0, 0));
    }

    #[test]
    fn orders_count_what_is_on_its_way() {
        let mut position = Position::new(0, 0);
        position.order(3, 2, day(10));
        position.order(3, 2, day(10));
        position.order(3, 2, day(12));
        assert_eq!(position.inbound(), [(day(10), 4)]);
        position.begin(day(10));
        assert_eq!((position.on_hand, position.inbound()), (4, vec![]));
    }
}
