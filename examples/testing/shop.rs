//! The application: a shop that takes orders.

use parse_orm::Result;
use parse_orm::prelude::*;

/// Something that is sold.
#[derive(ParseObject, Debug, Clone)]
pub struct Article {
    /// In its address; unique.
    pub slug: String,
    pub cents: i64,
    /// How many there are.
    pub stock: i64,
}

/// Somebody wants some of an article.
#[derive(ParseObject, Debug, Clone)]
pub struct Order {
    pub article: Pointer<Article>,
    pub number: i64,
    pub cents: i64,
}

/// What an application does.
pub struct Shop {
    client: Client,
}

impl Shop {
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Takes articles from the stock and makes an order of them, or gives them back.
    pub async fn order(&self, slug: &str, number: i64) -> Result<Object<Order>> {
        let mut article = query!(Article.filter(slug = slug, stock__gte = number))
            .get(&self.client)
            .await?;
        article.increment_stock(-number);
        article.save(&self.client).await?;
        let order = Order {
            article: article.pointer(),
            number,
            cents: article.cents * number,
        };
        match order.create(&self.client).await {
            // nobody knows whether it was made: a person looks, and the articles stay taken
            Err(error @ parse_orm::Error::Connection(_)) => Err(error),
            Err(error) => {
                article.increment_stock(number);
                article.save(&self.client).await?;
                Err(error)
            }
            made => made,
        }
    }
}
